// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;

final class CudaSm75ContractTest extends CudaContract {

  CudaSm75ContractTest() {
    super(EmulatedGpu.SM_75);
  }
}
