// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.BackendContract;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.Executable;

/** The contract with plain loops, as without the Vector API, and more threads than processors. */
final class PlainCpuBackendTest extends BackendContract {

  @Override
  public Backend backend() {
    return CpuBackend.create(3, new PlainKernels());
  }

  @Override
  public float[] read(Executable executable, Buffer buffer, int rowCount) {
    return ((CpuExecutable) executable).contents(buffer, rowCount);
  }
}
