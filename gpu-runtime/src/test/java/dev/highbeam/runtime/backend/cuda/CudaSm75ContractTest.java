// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

final class CudaSm75ContractTest extends CudaContract {

  CudaSm75ContractTest() {
    super(0);
  }
}
