// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * A call of the driver failed. The context stays usable unless this is a {@link
 * StickyCudaException}.
 */
public sealed class CudaException extends RuntimeException permits StickyCudaException {

  /** CUDA_SUCCESS. */
  static final int SUCCESS = CUresult.CUDA_SUCCESS;

  private static final long serialVersionUID = 1L;

  private final int code;
  private final String call;
  private final String what;

  CudaException(int code, String call, String what, String message) {
    super(message);
    this.code = code;
    this.call = call;
    this.what = what;
  }

  /** For a call that failed outside any context. */
  static CudaException of(int code, String call, String what) {
    return new CudaException(code, call, what, message(code, call, what));
  }

  /** Throws unless the code is success; for calls outside any context. */
  static void check(int code, String call, String what) {
    if (code != SUCCESS) {
      throw of(code, call, what);
    }
  }

  static String message(int code, String call, String what) {
    return what + ": " + call + " failed with " + nameOf(code) + " (" + code + ")" + detail(code);
  }

  private static String nameOf(int code) {
    String name = CUresult.stringFor(code);
    return name.startsWith("CUDA_") ? name : "an unknown code";
  }

  /** The driver's own words for the code, where it has any. */
  private static String detail(int code) {
    String[] text = new String[1];
    boolean known = JCudaDriver.cuGetErrorString(code, text) == SUCCESS && text[0] != null;
    return known ? ", " + text[0] : "";
  }

  /** The driver's number for the failure, such as 2. */
  public final int code() {
    return code;
  }

  /** The driver's name for the failure, such as CUDA_ERROR_OUT_OF_MEMORY. */
  public final String codeName() {
    return nameOf(code);
  }

  /** The function of the driver that returned the code. */
  public final String call() {
    return call;
  }

  /** What the call was made for, such as the label of a launch. */
  public final String what() {
    return what;
  }

  /** Whether device (or pinned) memory ran out: the caller may ask for less. */
  public final boolean isOutOfMemory() {
    return code == CUresult.CUDA_ERROR_OUT_OF_MEMORY;
  }
}
