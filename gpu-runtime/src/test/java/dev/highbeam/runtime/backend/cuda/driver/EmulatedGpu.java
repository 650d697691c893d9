// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jcuda.driver.CUdevice;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * The driver for tests: the emulator of {@code kernels/src/test/native/emulator}, whose README
 * explains its devices, control words and counters. With {@code -Dhighbeam.gpu=real} it is the
 * machine's own. Where neither exists a test skips with the reason, or fails with {@code
 * -Dgpu.required=true}.
 */
public final class EmulatedGpu {

  /** Ordinals of the devices that {@code EMU_DEVICES} of the test JVM names. */
  public static final int SM_75 = 0;

  public static final int SM_80 = 1;
  public static final int ANOTHER_SM_80 = 2;
  public static final int SM_90 = 3;
  public static final int CHECKED_SM_80 = 4;
  public static final int CHECKED_SM_90 = 5;
  public static final int REVERSE_SM_80 = 6;
  public static final int SM_120 = 7;

  private static final boolean REAL = "real".equals(System.getProperty("highbeam.gpu"));

  /** What the emulator counts; the numbers are private device attributes. */
  public enum Counter {
    LIVE_ALLOCATIONS(1000001),
    CONTEXTS_CREATED(1000003),
    CONTEXTS_DESTROYED(1000004),
    LIVE_PINNED(1000005),
    LAUNCHES(1000009),
    GRAPH_LAUNCHES(1000010),
    KERNELS_RUN(1000011),
    LIVE_STREAMS(1000013),
    LIVE_EVENTS(1000014),
    LIVE_MODULES(1000015),
    LIVE_GRAPHS(1000016),
    MODULES_LOADED(1000018),
    CALLS(1000021),
    LIVE_CONTEXTS(1000023);

    private final int attribute;

    Counter(int attribute) {
      this.attribute = attribute;
    }
  }

  private EmulatedGpu() {}

  /** The driver, or a skipped test. */
  public static CudaDriver driver() {
    if (!REAL) {
      Path library = library();
      require(
          Files.exists(library),
          "there is no " + library + ": building it needs nvcc and g++ (see kernels/README.md)");
      require(System.getenv("EMU_DEVICES") != null, "EMU_DEVICES is not set");
      System.load(library.toString());
      return CudaDriver.load();
    }
    try {
      return CudaDriver.load();
    } catch (DriverUnavailableException e) {
      require(false, String.valueOf(e.getMessage()));
      throw e;
    }
  }

  /** The driver if it is the emulator; a test that plants faults or counts calls needs that. */
  public static CudaDriver emulator() {
    Assumptions.assumeFalse(REAL, "this test needs the emulator, not a real device");
    return driver();
  }

  /**
   * A lease on a device; on a real machine with fewer, a context of its own on the last one, which
   * shares no handle with the others either.
   */
  public static CudaContext context(int ordinal) {
    CudaDriver driver = driver();
    return ordinal < driver.deviceCount()
        ? CudaContext.acquire(driver, ordinal)
        : CudaContext.separate(driver, driver.deviceCount() - 1);
  }

  private static void require(boolean present, String reason) {
    if (!present && Boolean.getBoolean("gpu.required")) {
      Assertions.fail(reason);
    }
    Assumptions.assumeTrue(present, reason);
  }

  /** The emulator's library. */
  static Path library() {
    String root = System.getProperty("highbeam.root", "..");
    String standard = Path.of(root, "kernels/target/emulator/libcuda.so.1").toString();
    return Path.of(System.getProperty("highbeam.emulator", standard)).toAbsolutePath().normalize();
  }

  /** Makes calls fail: {@code cuMemAlloc@3=2} or {@code run:rms_norm@1=700}, comma-separated. */
  public static void plantFaults(String rules) {
    control("faults=" + rules);
  }

  /** No planted failure is left. */
  public static void removeFaults() {
    control("faults=");
  }

  /** Sends a control word; see the emulator's README. */
  public static void control(String word) {
    int code = JCudaDriver.cuDeviceGetByPCIBusId(new CUdevice(), "emu:" + word);
    CudaException.check(code, "cuDeviceGetByPCIBusId", "control word " + word);
  }

  /** Reads a counter; most are of the whole process, the live ones of that device. */
  public static int count(Counter counter, int ordinal) {
    int[] value = new int[1];
    int code =
        JCudaDriver.cuDeviceGetAttribute(value, counter.attribute, DeviceQuery.handle(ordinal));
    CudaException.check(code, "cuDeviceGetAttribute", counter.name());
    return value[0];
  }

  /** The calls that the body makes, each a line of JSON. */
  public static List<String> calls(Runnable body) {
    try {
      Path log = Files.createTempFile("emulator", ".log");
      try {
        control("log=" + log);
        body.run();
      } finally {
        control("log=");
      }
      List<String> lines = Files.readAllLines(log);
      Files.delete(log);
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
