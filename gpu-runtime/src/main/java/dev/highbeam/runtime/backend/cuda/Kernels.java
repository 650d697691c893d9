// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.CudaFunction;
import dev.highbeam.runtime.backend.cuda.driver.CudaModule;
import java.util.HashMap;
import java.util.Map;

/** The kernels of the loaded image, by name; each is looked up once. */
final class Kernels {

  private final CudaModule module;
  private final KernelTarget target;
  private final Map<String, CudaFunction> functions = new HashMap<>();

  Kernels(CudaModule module, KernelTarget target) {
    this.module = module;
    this.target = target;
  }

  KernelTarget target() {
    return target;
  }

  CudaFunction function(String name) {
    return functions.computeIfAbsent(name, module::function);
  }
}
