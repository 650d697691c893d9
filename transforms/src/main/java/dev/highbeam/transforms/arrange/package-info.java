// SPDX-License-Identifier: Apache-2.0

/**
 * Decides which requests are computed, and beside which others: exact duplicates once, common
 * beginnings next to each other. Works on short keys, never on rows, and knows nothing of Beam.
 */
@NullMarked
package dev.highbeam.transforms.arrange;

import org.jspecify.annotations.NullMarked;
