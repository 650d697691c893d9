// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.DType;
import java.util.List;

/** The contract with the types that most jobs use, for devices that repeat others' kernels. */
abstract class CudaContractInBrief extends CudaContract {

  CudaContractInBrief(int ordinal) {
    super(ordinal);
  }

  @Override
  public final List<DType> dtypes() {
    return List.of(DType.BF16);
  }

  @Override
  public final List<DType> kvTypes() {
    return List.of(DType.BF16, DType.FP8_E4M3);
  }
}
