// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import java.util.List;
import jcuda.driver.CUresult;

/**
 * A failure after which the context, and by NVIDIA's documentation the process, can do no more CUDA
 * work: an illegal address, a launch that timed out, an uncorrectable memory error. It surfaces
 * with whatever call comes next, so the message names the operations that were still running.
 *
 * <p>Every later use of the context throws an exception of the same code and message whose cause is
 * the first one.
 */
public final class StickyCudaException extends CudaException {

  private static final long serialVersionUID = 1L;

  /** A model of 80 layers has some 600 operations in a step. */
  private static final int MOST_NAMED = 20;

  private final List<String> running;

  private StickyCudaException(
      int code, String call, String what, String message, List<String> running) {
    super(code, call, what, message);
    this.running = List.copyOf(running);
  }

  /**
   * The first failure of a context.
   *
   * @param running labels of the operations that were not known to be finished, oldest first
   */
  static StickyCudaException first(int code, String call, String what, List<String> running) {
    String message = message(code, call, what) + "; running then: " + describe(running);
    return new StickyCudaException(code, call, what, message, running);
  }

  private static String describe(List<String> running) {
    if (running.isEmpty()) {
      return "nothing that was launched here";
    }
    if (running.size() == 1) {
      return running.get(0);
    }
    if (running.size() <= MOST_NAMED) {
      return "one of (oldest first) " + String.join(", ", running);
    }
    int last = running.size() - 1;
    return "one of "
        + running.size()
        + " (oldest first) "
        + String.join(", ", running.subList(0, MOST_NAMED - 1))
        + " ... "
        + running.get(last);
  }

  /** The same failure, met again by a later call: its stack trace is the later one. */
  StickyCudaException again() {
    StickyCudaException copy =
        new StickyCudaException(code(), call(), what(), String.valueOf(getMessage()), running);
    copy.initCause(this);
    return copy;
  }

  /**
   * Whether a code ends its context. From the documentation of CUresult: those that "leave the
   * process in an inconsistent state", and those of a context that is already gone.
   */
  static boolean isSticky(int code) {
    return switch (code) {
      case CUresult.CUDA_ERROR_DEINITIALIZED,
          CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
          CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE,
          CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
          CUresult.CUDA_ERROR_LAUNCH_TIMEOUT,
          CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED,
          CUresult.CUDA_ERROR_ASSERT,
          CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR,
          CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
          CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
          CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE,
          CUresult.CUDA_ERROR_INVALID_PC,
          CUresult.CUDA_ERROR_LAUNCH_FAILED,
          CUresult.CUDA_ERROR_UNKNOWN ->
          true;
      default -> false;
    };
  }

  /** Labels of the operations that were not known to be finished, oldest first. */
  public List<String> running() {
    return running;
  }
}
