// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;

final class CudaSm90ContractTest extends CudaContract {

  CudaSm90ContractTest() {
    super(EmulatedGpu.SM_90);
  }
}
