// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

final class CudaSm90CheckedContractTest extends CudaContract {

  CudaSm90CheckedContractTest() {
    super(5);
  }
}
