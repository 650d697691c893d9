// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import jcuda.Pointer;

/** JCuda's pointer to pinned memory, whose number JCuda shows to subclasses only. */
final class HostAddress extends Pointer {

  /** To be filled by an allocation. */
  HostAddress() {}

  HostAddress(HostAddress base, long byteOffset) {
    super(base, byteOffset);
  }

  long address() {
    return getNativePointer() + getByteOffset();
  }
}
