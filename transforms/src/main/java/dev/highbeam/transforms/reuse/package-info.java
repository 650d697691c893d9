// SPDX-License-Identifier: Apache-2.0

/**
 * Rows that an earlier job has computed, read from its finished output so that this one need not
 * compute them again. Knows nothing of Beam.
 */
@NullMarked
package dev.highbeam.transforms.reuse;

import org.jspecify.annotations.NullMarked;
