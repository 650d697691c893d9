// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static dev.highbeam.runtime.api.Checks.checkArgument;

/** A run of bytes at a fixed address: {@link DeviceMemory} or {@link PinnedMemory}. */
public abstract sealed class CudaMemory extends CudaHandle permits DeviceMemory, PinnedMemory {

  private final long bytes;

  CudaMemory(SharedContext context, String kind, String label, long bytes) {
    super(context, kind, label);
    this.bytes = bytes;
  }

  /** Its size. */
  public final long bytes() {
    return bytes;
  }

  /** Throws unless [offset, offset + count) lies within this memory and it is open. */
  final void checkRange(long offset, long count, String what) {
    checkOpen();
    checkArgument(
        offset >= 0 && count >= 0 && count <= bytes && offset <= bytes - count,
        "%s: bytes %s to %s do not lie in %s of %s bytes",
        what,
        offset,
        offset + count,
        this,
        bytes);
  }
}
