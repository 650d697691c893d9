// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

/**
 * The largest thread block and grid of a device.
 *
 * @param maxThreads threads of a block
 * @param maxBlock most threads of a block along x, y and z
 * @param maxGrid most blocks of a grid along x, y and z
 */
public record LaunchLimits(int maxThreads, Dim3 maxBlock, Dim3 maxGrid) {}
