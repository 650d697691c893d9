// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.BackendContract;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Executable;
import java.util.List;

/** The contract on one device of the emulator, or on the machine's own. */
abstract class CudaContract extends BackendContract {

  private final int ordinal;

  CudaContract(int ordinal) {
    this.ordinal = ordinal;
  }

  @Override
  public final Backend backend() {
    return TestBackends.open(TestBackends.settings(ordinal));
  }

  @Override
  public final float[] read(Executable executable, Buffer buffer, int rowCount) {
    return DeviceReader.read((CudaExecutable) executable, buffer, rowCount);
  }

  @Override
  public List<DType> dtypes() {
    return List.of(DType.F32, DType.BF16, DType.F16);
  }

  @Override
  public List<DType> kvTypes() {
    return List.of(DType.F32, DType.BF16, DType.F16, DType.FP8_E4M3);
  }
}
