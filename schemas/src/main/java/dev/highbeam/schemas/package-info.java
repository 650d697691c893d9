// SPDX-License-Identifier: Apache-2.0

/**
 * The shapes of what goes through a job and comes out of it, as Avro schemas in readable files, and
 * the codes of error rows. Uses nothing else of the project; {@code schemas/README.md} has the
 * meaning of every field and the rules by which schemas change.
 */
@NullMarked
package dev.highbeam.schemas;

import org.jspecify.annotations.NullMarked;
