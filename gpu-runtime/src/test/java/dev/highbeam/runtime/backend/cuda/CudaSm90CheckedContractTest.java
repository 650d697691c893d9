// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;

final class CudaSm90CheckedContractTest extends CudaContractInBrief {

  CudaSm90CheckedContractTest() {
    super(EmulatedGpu.CHECKED_SM_90);
  }
}
