// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;

final class CudaSm80ReverseContractTest extends CudaContractInBrief {

  CudaSm80ReverseContractTest() {
    super(EmulatedGpu.REVERSE_SM_80);
  }
}
