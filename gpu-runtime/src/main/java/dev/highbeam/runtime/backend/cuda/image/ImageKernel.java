// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

/**
 * A kernel as an image itself declares it.
 *
 * @param registers per thread; 0 for PTX, which has none yet
 * @param staticSharedBytes without the part that the system reserves; 0 for PTX
 * @param maxThreads of a block, from its launch bounds; 0 if it has none
 */
record ImageKernel(String name, int registers, int staticSharedBytes, int maxThreads) {}
