// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;

final class CudaSm120ContractTest extends CudaContractInBrief {

  CudaSm120ContractTest() {
    super(EmulatedGpu.SM_120);
  }
}
