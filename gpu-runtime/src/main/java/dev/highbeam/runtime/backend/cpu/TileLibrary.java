// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.NativeFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads the kernels of machine code, once for each class loader that has this class. Where they
 * cannot run Java's kernels compute.
 */
final class TileLibrary {

  /** Set to {@code java}, it keeps the kernels of machine code from being used. */
  static final String KERNELS_PROPERTY = "highbeam.cpu.kernels";

  private static final Logger LOG = LoggerFactory.getLogger(TileLibrary.class);
  private static final String NAME = "libhighbeam_cpu.so";
  private static final String RESOURCE = "/META-INF/highbeam/cpu/" + NAME;

  private static final AtomicBoolean SAID = new AtomicBoolean();

  private TileLibrary() {}

  /** Why the kernels cannot be used; empty if they can. */
  static String whyNot() {
    return Holder.WHY_NOT;
  }

  static boolean isUsable() {
    return whyNot().isEmpty();
  }

  private static String load() {
    if ("java".equals(System.getProperty(KERNELS_PROPERTY))) {
      return KERNELS_PROPERTY + "=java";
    }
    if (!System.getProperty("os.name", "").equals("Linux")
        || !System.getProperty("os.arch", "").equals("amd64")) {
      return "they are for Linux on x86-64";
    }
    try (InputStream resource = TileLibrary.class.getResourceAsStream(RESOURCE)) {
      if (resource == null) {
        return "this build carries none (no g++ was there)";
      }
      load(resource.readAllBytes());
      return TileKernels.isSupported() ? "" : "this processor has no AMX";
    } catch (IOException e) {
      return "the library cannot be put on disk: " + e.getMessage();
    } catch (UnsatisfiedLinkError e) {
      return "the library cannot be loaded: " + e.getMessage();
    }
  }

  private static void load(byte[] library) throws IOException {
    Path file = NativeFolder.place(library, NAME, NativeFolder.defaultRoots(System::getenv));
    try {
      System.load(file.toString());
    } catch (UnsatisfiedLinkError e) {
      if (!String.valueOf(e.getMessage()).contains("already loaded in another classloader")) {
        throw e;
      }
      // The kernels have no state, so a second job in this process has a copy of its own.
      Path folder = Files.createTempDirectory("highbeam-cpu-");
      try {
        System.load(NativeFolder.place(library, NAME, List.of(folder)).toString());
      } finally {
        delete(folder);
      }
    }
  }

  /** What is mapped stays usable. */
  private static void delete(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (Path path : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** Logs which kernels compute, and why; the first time only. */
  static void say() {
    if (SAID.getAndSet(true)) {
      return;
    }
    if (isUsable()) {
      LOG.info("The cpu backend computes bfloat16 and int8 with AMX");
    } else {
      LOG.info("The cpu backend computes in Java, without kernels of machine code: {}", whyNot());
    }
  }

  private static final class Holder {

    static final String WHY_NOT = load();
  }
}
