// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static dev.highbeam.runtime.api.Checks.checkArgument;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import jcuda.driver.JCudaDriver;

/**
 * The CUDA driver of this process. Loading it is the first thing that happens with CUDA: no context
 * is made and no device memory taken by it.
 */
public final class CudaDriver {

  private final int version;
  private final int deviceCount;
  private final ForkGuard forkGuard;

  CudaDriver(int version, int deviceCount, ForkGuard forkGuard) {
    this.version = version;
    this.deviceCount = deviceCount;
    this.forkGuard = forkGuard;
  }

  /**
   * Loads and starts the driver, or returns the one that runs already. A failure leaves nothing
   * behind, so a later call tries again.
   *
   * @throws DriverUnavailableException when there is no driver or it does not start
   */
  public static CudaDriver load() {
    return CudaProcess.driver();
  }

  /**
   * Where the native half of JCuda lies, which the program's jar carries; needs no driver.
   *
   * @throws DriverUnavailableException when it cannot be put on disk
   */
  public static Path nativeLibrary() {
    return CudaProcess.nativeFile();
  }

  /** Starts the driver; called once per process by {@link CudaProcess}. */
  static CudaDriver start(Path nativeFile) {
    NativeLibrary.load(nativeFile);
    try {
      CudaException.check(JCudaDriver.cuInit(0), "cuInit", "start of CUDA");
      int[] version = new int[1];
      CudaException.check(
          JCudaDriver.cuDriverGetVersion(version), "cuDriverGetVersion", "start of CUDA");
      int[] count = new int[1];
      CudaException.check(JCudaDriver.cuDeviceGetCount(count), "cuDeviceGetCount", "start of CUDA");
      return new CudaDriver(version[0], count[0], new ForkGuard());
    } catch (CudaException e) {
      throw new DriverUnavailableException(
          "The CUDA driver does not start: " + e.codeName() + " (" + e.code() + ").", e);
    }
  }

  /** The newest CUDA version that the driver supports, as 1000 * major + 10 * minor: 13000. */
  public int version() {
    return version;
  }

  /** How many devices this process sees, after CUDA_VISIBLE_DEVICES. */
  public int deviceCount() {
    return deviceCount;
  }

  /** The facts of one device, asked now; throws CudaException with the question that failed. */
  public CudaDevice device(int ordinal) {
    checkOrdinal(ordinal);
    return DeviceQuery.query(ordinal);
  }

  /** Every device in the driver's order, usable or not; never throws for a device. */
  public List<DetectedDevice> detect() {
    forkGuard.check();
    return IntStream.range(0, deviceCount).mapToObj(DeviceQuery::detect).toList();
  }

  void checkOrdinal(int ordinal) {
    forkGuard.check();
    checkArgument(
        ordinal >= 0 && ordinal < deviceCount,
        "device ordinal must be from 0 to %s, was %s",
        deviceCount - 1,
        ordinal);
  }

  ForkGuard forkGuard() {
    return forkGuard;
  }
}
