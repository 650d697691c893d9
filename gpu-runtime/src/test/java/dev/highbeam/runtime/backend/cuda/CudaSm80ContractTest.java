// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;

final class CudaSm80ContractTest extends CudaContract {

  CudaSm80ContractTest() {
    super(EmulatedGpu.SM_80);
  }
}
