// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

final class CudaSm80ReverseContractTest extends CudaContract {

  CudaSm80ReverseContractTest() {
    super(6);
  }
}
