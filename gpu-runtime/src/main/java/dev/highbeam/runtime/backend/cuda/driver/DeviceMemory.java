// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** Memory on the device. Its content is undefined until written. */
public final class DeviceMemory extends CudaMemory {

  private final DeviceAddress address;
  private final DevicePointer whole;

  private DeviceMemory(SharedContext context, DeviceAddress address, long bytes, String label) {
    super(context, "device memory", label, bytes);
    this.address = address;
    this.whole = new DevicePointer(this, address, 0, bytes);
  }

  static DeviceMemory allocate(SharedContext context, long bytes, String label) {
    DeviceAddress address = new DeviceAddress();
    int code = JCudaDriver.cuMemAlloc(address, bytes);
    if (code != CudaException.SUCCESS) {
      throw context.failure(code, "cuMemAlloc", what(context, code, bytes, label));
    }
    DeviceMemory memory = new DeviceMemory(context, address, bytes, label);
    context.ledger().opened(memory);
    return memory;
  }

  private static String what(SharedContext context, int code, long bytes, String label) {
    String what = bytes + " bytes of device memory for '" + label + "'";
    return code == CUresult.CUDA_ERROR_OUT_OF_MEMORY
        ? what + " (" + MemoryInfo.query(context) + ")"
        : what;
  }

  /** All of it. */
  public DevicePointer pointer() {
    return whole;
  }

  /** The part [offset, offset + bytes). */
  public DevicePointer slice(long offset, long bytes) {
    return whole.slice(offset, bytes);
  }

  @Override
  int free() {
    return JCudaDriver.cuMemFree(address);
  }
}
