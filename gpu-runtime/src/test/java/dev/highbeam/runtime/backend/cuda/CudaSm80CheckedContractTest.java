// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

final class CudaSm80CheckedContractTest extends CudaContract {

  CudaSm80CheckedContractTest() {
    super(4);
  }
}
