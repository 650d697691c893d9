// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

/**
 * What this process did with its cache of compiled kernels so far.
 *
 * @param hits images found
 * @param misses images not found
 * @param builds images compiled
 * @param evictions files removed to keep within the limits, or because a driver refused them
 * @param corrupt files that were not what they should be
 */
public record CacheCounts(long hits, long misses, long builds, long evictions, long corrupt) {}
