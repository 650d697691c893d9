// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static dev.highbeam.runtime.api.Checks.checkArgument;

import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * A kernel with its grid and arguments, checked and marshalled once, launched any number of times.
 * Everything that can be known without the device is refused here, before the driver sees it.
 */
public final class Launch {

  private final CudaFunction function;
  private final Dim3 grid;
  private final Dim3 block;
  private final int sharedBytes;
  private final KernelArguments arguments;
  private final String label;
  private long closesSeen;

  /**
   * Checks a launch.
   *
   * @param grid blocks; none of the axes may be empty (who has no work launches nothing)
   * @param block threads of a block
   * @param sharedBytes dynamic shared memory of a block; allowed with the driver if need be
   * @param label what failures call it
   * @throws DeviceMismatchException if arguments and kernel are of different contexts
   * @throws IllegalArgumentException naming what the kernel or the device does not allow
   */
  public Launch(
      CudaFunction function,
      Dim3 grid,
      Dim3 block,
      int sharedBytes,
      KernelArguments arguments,
      String label) {
    this.function = function;
    this.grid = grid;
    this.block = block;
    this.sharedBytes = sharedBytes;
    this.arguments = arguments;
    this.label = label;
    DeviceMismatchException.check(
        context(), arguments.context(), "the argument list of " + this, function + " belongs");
    checkShape();
    function.setDynamicSharedBytes(sharedBytes);
    this.closesSeen = context().ledger().closes();
    checkOpen();
  }

  private void checkShape() {
    LaunchLimits limits = context().device().limits();
    checkArgument(
        grid.isWithin(limits.maxGrid()),
        "grid of %s must be from (1, 1, 1) to %s, was %s",
        this,
        limits.maxGrid(),
        grid);
    checkArgument(
        block.isWithin(limits.maxBlock()),
        "block of %s must be from (1, 1, 1) to %s, was %s",
        this,
        limits.maxBlock(),
        block);
    checkArgument(
        block.count() <= function.maxThreads(),
        "block of %s must have at most %s threads, was %s",
        this,
        function.maxThreads(),
        block);
  }

  /** What failures call it. */
  public String label() {
    return label;
  }

  SharedContext context() {
    return function.module().context();
  }

  /** Throws if the module or a memory was closed; costs one comparison while none is. */
  void checkUsable() {
    long closes = context().ledger().closes();
    if (closes != closesSeen) {
      checkOpen();
      closesSeen = closes;
    }
  }

  private void checkOpen() {
    function.module().checkOpen();
    arguments.checkOpen();
  }

  /** Hands it to the driver, with the context current. Returns the driver's code. */
  int issue(CUstream stream, ParameterBlock parameters) {
    long[] values = arguments.values();
    HostAddress table = parameters.fill(values);
    try {
      return JCudaDriver.cuLaunchKernel(
          function.handle(),
          grid.x(),
          grid.y(),
          grid.z(),
          block.x(),
          block.y(),
          block.z(),
          sharedBytes,
          stream,
          table,
          null);
    } finally {
      parameters.reset(values);
    }
  }

  void addTo(Capture capture) {
    capture.use(function.module());
    arguments.addTo(capture);
  }

  @Override
  public String toString() {
    return label.equals(function.name())
        ? function.toString()
        : "'" + label + "' (" + function + ")";
  }
}
