// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import dev.highbeam.runtime.backend.NativeFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What exists once per process: the driver, and one context per device counted by its leases.
 *
 * <p>Its methods are synchronised, an exception to the rule that only the engine's loop knows
 * threads: runners set workers up from many threads at once, and two of them must not make two
 * contexts of one device.
 */
final class CudaProcess {

  private static @Nullable CudaDriver driver;
  private static @Nullable Path nativeFile;
  private static final Map<Integer, Counted> CONTEXTS = new TreeMap<>();

  /** A context and its open leases. */
  private static final class Counted {
    private final SharedContext context;
    private int leases;

    private Counted(SharedContext context) {
      this.context = context;
    }
  }

  private CudaProcess() {}

  static synchronized CudaDriver driver() {
    CudaDriver running = driver;
    if (running == null) {
      running = CudaDriver.start(nativeFile());
      driver = running;
    }
    return running;
  }

  /** JCuda's native half on disk; a fallback folder of this process is made once. */
  static synchronized Path nativeFile() {
    Path file = nativeFile;
    if (file == null || !Files.exists(file)) {
      file = NativeLibrary.place(NativeFolder.defaultRoots(System::getenv));
      nativeFile = file;
    }
    return file;
  }

  /** The device's context with one lease more; a failure to make one leaves nothing behind. */
  static synchronized SharedContext acquire(CudaDriver driver, int ordinal) {
    driver.checkOrdinal(ordinal);
    Counted counted = CONTEXTS.get(ordinal);
    if (counted == null) {
      counted = new Counted(SharedContext.create(driver, ordinal));
      CONTEXTS.put(ordinal, counted);
    }
    counted.context.checkUsable();
    counted.leases++;
    return counted.context;
  }

  /** Gives one lease back; the last one destroys the context. Returns what it left open. */
  static synchronized List<String> release(SharedContext context) {
    Counted counted = CONTEXTS.get(context.ordinal());
    if (counted != null && counted.context == context) {
      if (--counted.leases > 0) {
        return List.of();
      }
      CONTEXTS.remove(context.ordinal());
    }
    return context.destroy();
  }
}
