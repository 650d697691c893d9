// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/** Kernels loaded into one context. */
public final class CudaModule extends CudaHandle {

  private final CUmodule module;

  private CudaModule(SharedContext context, CUmodule module, String label) {
    super(context, "module", label);
    this.module = module;
  }

  static CudaModule load(SharedContext context, byte[] image, String label) {
    // PTX is text that ends with a zero byte; binary images carry their size and do not mind one.
    byte[] terminated = Arrays.copyOf(image, image.length + 1);
    CUmodule handle = new CUmodule();
    JitLog jit = new JitLog();
    int code = JCudaDriver.cuModuleLoadDataJIT(handle, Pointer.to(terminated), jit.options());
    if (code != CudaException.SUCCESS) {
      throw context.failure(code, "cuModuleLoadDataEx", "module '" + label + "'" + jit.describe());
    }
    CudaModule module = new CudaModule(context, handle, label);
    context.ledger().opened(module);
    return module;
  }

  /** A kernel by its name; throws CudaException (500) if the image has none of that name. */
  public CudaFunction function(String name) {
    checkOpen();
    return context()
        .call(
            () -> {
              CUfunction function = new CUfunction();
              context()
                  .check(
                      JCudaDriver.cuModuleGetFunction(function, module, name),
                      "cuModuleGetFunction",
                      "kernel '" + name + "' of " + this);
              return CudaFunction.of(this, function, name);
            });
  }

  @Override
  int free() {
    return JCudaDriver.cuModuleUnload(module);
  }
}
