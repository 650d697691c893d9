// SPDX-License-Identifier: Apache-2.0

/**
 * Language-model inference as Beam transforms. {@link dev.highbeam.transforms.Prepare} makes
 * requests of records, {@link dev.highbeam.transforms.Generate} completes requests; each gives what
 * it did and, as a second output, what it could not do.
 */
@NullMarked
package dev.highbeam.transforms;

import org.jspecify.annotations.NullMarked;
