// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/**
 * Host memory that the device can reach: the only kind that asynchronous copies accept here. JCuda
 * would take Java arrays too, which the collector may move while the copy runs.
 *
 * <p>At most 2 GiB - 1 bytes, the reach of a ByteBuffer.
 */
public final class PinnedMemory extends CudaMemory {

  private final HostAddress address;
  private final ByteBuffer buffer;
  private final @Nullable DevicePointer onDevice;

  private PinnedMemory(
      SharedContext context,
      HostAddress address,
      @Nullable DeviceAddress onDevice,
      int bytes,
      String label) {
    super(context, "pinned memory", label, bytes);
    this.address = address;
    this.buffer = address.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
    this.onDevice = onDevice == null ? null : new DevicePointer(this, onDevice, 0, bytes);
  }

  static PinnedMemory allocate(SharedContext context, int bytes, String label, boolean mapped) {
    HostAddress address = new HostAddress();
    String what = bytes + " bytes of pinned memory for '" + label + "'";
    int flags = mapped ? JCudaDriver.CU_MEMHOSTALLOC_DEVICEMAP : 0;
    context.check(JCudaDriver.cuMemHostAlloc(address, bytes, flags), "cuMemHostAlloc", what);
    DeviceAddress onDevice = mapped ? new DeviceAddress() : null;
    if (onDevice != null) {
      int code = JCudaDriver.cuMemHostGetDevicePointer(onDevice, address, 0);
      if (code != CudaException.SUCCESS) {
        JCudaDriver.cuMemFreeHost(address);
        throw context.failure(code, "cuMemHostGetDevicePointer", what);
      }
    }
    PinnedMemory memory = new PinnedMemory(context, address, onDevice, bytes, label);
    context.ledger().opened(memory);
    return memory;
  }

  /**
   * The bytes, in native order; position and limit are the caller's own. Must not be touched after
   * close, nor while a copy that uses it runs.
   */
  public ByteBuffer buffer() {
    checkOpen();
    return buffer.duplicate().order(ByteOrder.nativeOrder());
  }

  /** Where kernels find it; only for memory allocated as mapped. */
  public DevicePointer pointer() {
    DevicePointer pointer = onDevice;
    if (pointer == null) {
      throw new IllegalStateException(this + " is not mapped into the device");
    }
    return pointer;
  }

  /** The number of {@link #pointer}. */
  public long deviceAddress() {
    return pointer().address();
  }

  /** JCuda's pointer to a byte of it. */
  HostAddress at(long offset) {
    return offset == 0 ? address : new HostAddress(address, offset);
  }

  @Override
  int free() {
    return JCudaDriver.cuMemFreeHost(address);
  }
}
