// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import jcuda.driver.CUdeviceptr;

/** JCuda's device pointer, whose number JCuda shows to subclasses only. */
final class DeviceAddress extends CUdeviceptr {

  /** To be filled by an allocation. */
  DeviceAddress() {}

  DeviceAddress(DeviceAddress base, long byteOffset) {
    super(base, byteOffset);
  }

  long address() {
    return getNativePointer() + getByteOffset();
  }
}
