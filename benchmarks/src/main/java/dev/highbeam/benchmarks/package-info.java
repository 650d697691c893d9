// SPDX-License-Identifier: Apache-2.0

/**
 * Programs that measure, each its contenders side by side in one process. They are compiled by
 * every build and run by hand; {@code benchmarks/README.md} has their commands and what they found.
 */
@NullMarked
package dev.highbeam.benchmarks;

import org.jspecify.annotations.NullMarked;
