// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

/**
 * What binding an op to native memory needs beside its buffers.
 *
 * @param pool threads
 * @param memory where the op may take more, freed with the executable
 * @param buffers the program's activations
 * @param step the step's arrays in native memory
 * @param scratches memory of each worker for one call
 */
@SuppressWarnings("ArrayRecordComponent") // Passed on and never compared.
record TileBinding(
    ThreadPool pool, NativeMemory memory, TileBuffers buffers, TileStep step, long[] scratches) {}
