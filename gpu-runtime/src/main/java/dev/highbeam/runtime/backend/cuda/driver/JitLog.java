// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import jcuda.driver.CUjit_option;
import jcuda.driver.JITOptions;

/** Where the driver's compiler writes why it refused an image. */
final class JitLog {

  private static final int BYTES = 8 * 1024;

  private final JITOptions options = new JITOptions();

  JitLog() {
    options.putBytes(CUjit_option.CU_JIT_ERROR_LOG_BUFFER, new byte[BYTES]);
    options.putInt(CUjit_option.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES, BYTES);
  }

  JITOptions options() {
    return options;
  }

  /** What it wrote, as an addition to a message; empty if nothing. */
  String describe() {
    String text = options.getString(CUjit_option.CU_JIT_ERROR_LOG_BUFFER);
    return text == null || text.isBlank() ? "" : " [compiler: " + text.strip() + "]";
  }
}
