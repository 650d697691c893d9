// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides once per process which kernels run. Only the method that needs the Vector API names its
 * classes, so that this class loads without the module.
 */
final class KernelChoice {

  private static final Logger LOG = LoggerFactory.getLogger(KernelChoice.class);
  private static final String VECTOR_MODULE = "jdk.incubator.vector";

  private KernelChoice() {}

  /** The fastest kernels that this JVM can run. */
  static Kernels best() {
    return Holder.BEST;
  }

  private static Kernels choose() {
    if (ModuleLayer.boot().findModule(VECTOR_MODULE).isEmpty()) {
      LOG.warn(
          "The Vector API is off, so the cpu backend runs several times slower;"
              + " start Java with --add-modules {}",
          VECTOR_MODULE);
      return new PlainKernels();
    }
    return simd();
  }

  private static Kernels simd() {
    return new SimdKernels();
  }

  private static final class Holder {
    static final Kernels BEST = choose();
  }
}
