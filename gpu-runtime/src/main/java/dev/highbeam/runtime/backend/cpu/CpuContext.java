// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

/**
 * What every bound op of an executable works with.
 *
 * @param pool threads
 * @param kernels inner loops
 * @param scratches memory per worker
 */
@SuppressWarnings("ArrayRecordComponent") // Passed on and never compared.
record CpuContext(ThreadPool pool, Kernels kernels, Scratch[] scratches) {

  Scratch scratch(int worker) {
    return scratches[worker];
  }
}
