// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUjitInputType;
import jcuda.driver.CUlinkState;
import jcuda.driver.JCudaDriver;

/** Lets the driver compile PTX for the current context's device into an image that can be kept. */
final class PtxLinker {

  private final SharedContext context;
  private final String label;
  private final JitLog jit = new JitLog();
  private final CUlinkState state = new CUlinkState();

  private PtxLinker(SharedContext context, String label) {
    this.context = context;
    this.label = label;
  }

  /** Called with the context current. */
  static byte[] link(SharedContext context, byte[] ptx, String label) {
    return new PtxLinker(context, label).link(ptx);
  }

  private byte[] link(byte[] ptx) {
    check(JCudaDriver.cuLinkCreate(jit.options(), state), "cuLinkCreate");
    try {
      byte[] terminated = Arrays.copyOf(ptx, ptx.length + 1);
      check(
          JCudaDriver.cuLinkAddData(
              state,
              CUjitInputType.CU_JIT_INPUT_PTX,
              Pointer.to(terminated),
              terminated.length,
              label,
              jit.options()),
          "cuLinkAddData");
      Pointer cubin = new Pointer();
      long[] bytes = new long[1];
      check(JCudaDriver.cuLinkComplete(state, cubin, bytes), "cuLinkComplete");
      return bytesAt(cubin, Math.toIntExact(bytes[0]));
    } finally {
      JCudaDriver.cuLinkDestroy(state);
    }
  }

  /**
   * Copies from the driver's own memory, which is gone with the link state. JCuda shows Java the
   * address only, so the bytes go once to the device and back.
   */
  private byte[] bytesAt(Pointer source, int bytes) {
    byte[] copy = new byte[bytes];
    try (DeviceMemory bounce = DeviceMemory.allocate(context, bytes, label)) {
      DeviceAddress address = bounce.pointer().handle();
      check(JCudaDriver.cuMemcpyHtoD(address, source, bytes), "cuMemcpyHtoD");
      check(JCudaDriver.cuMemcpyDtoH(Pointer.to(copy), address, bytes), "cuMemcpyDtoH");
    }
    return copy;
  }

  private void check(int code, String call) {
    if (code != CudaException.SUCCESS) {
      throw context.failure(code, call, "compilation of '" + label + "'" + jit.describe());
    }
  }
}
