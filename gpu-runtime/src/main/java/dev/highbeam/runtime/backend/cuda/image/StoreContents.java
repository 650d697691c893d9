// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

/**
 * What a store of compiled kernels holds.
 *
 * @param entries sound images
 * @param bytes of all files of the cache, sound or not
 * @param corrupt files that are not what their name says
 * @param orphans parts of files that a process began and did not finish
 */
public record StoreContents(int entries, long bytes, int corrupt, int orphans) {}
