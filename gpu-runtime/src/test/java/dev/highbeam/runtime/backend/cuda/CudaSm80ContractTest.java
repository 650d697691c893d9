// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

final class CudaSm80ContractTest extends CudaContract {

  CudaSm80ContractTest() {
    super(1);
  }
}
