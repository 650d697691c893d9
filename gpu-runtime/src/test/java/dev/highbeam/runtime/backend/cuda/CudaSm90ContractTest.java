// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

final class CudaSm90ContractTest extends CudaContract {

  CudaSm90ContractTest() {
    super(3);
  }
}
