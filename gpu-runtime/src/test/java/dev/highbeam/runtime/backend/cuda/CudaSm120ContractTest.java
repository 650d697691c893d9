// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

final class CudaSm120ContractTest extends CudaContract {

  CudaSm120ContractTest() {
    super(7);
  }
}
