// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static dev.highbeam.runtime.api.Checks.checkArgument;

/**
 * A view of some bytes that the device can reach: a memory and a range in it. Immutable; it does
 * not own the memory and becomes useless when that is closed.
 */
public final class DevicePointer {

  private final CudaMemory memory;
  private final DeviceAddress address;
  private final long offset;
  private final long bytes;

  DevicePointer(CudaMemory memory, DeviceAddress address, long offset, long bytes) {
    this.memory = memory;
    this.address = address;
    this.offset = offset;
    this.bytes = bytes;
  }

  /** The part [offset, offset + bytes) of this view. */
  public DevicePointer slice(long offset, long bytes) {
    checkArgument(
        offset >= 0 && bytes >= 0 && bytes <= this.bytes && offset <= this.bytes - bytes,
        "bytes %s to %s do not lie in %s",
        offset,
        offset + bytes,
        this);
    return new DevicePointer(
        memory, new DeviceAddress(address, offset), this.offset + offset, bytes);
  }

  /** The number that kernels see. */
  public long address() {
    return address.address();
  }

  /** How many bytes the view covers. */
  public long bytes() {
    return bytes;
  }

  CudaMemory memory() {
    return memory;
  }

  DeviceAddress handle() {
    return address;
  }

  /** Throws unless the memory is open and the view has so many bytes. */
  void checkHolds(long count, String what) {
    memory.checkOpen();
    checkArgument(
        count >= 0 && count <= bytes, "%s needs %s bytes, but %s has %s", what, count, this, bytes);
  }

  @Override
  public String toString() {
    return "bytes " + offset + " to " + (offset + bytes) + " of " + memory;
  }
}
