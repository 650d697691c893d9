// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import dev.highbeam.runtime.backend.NativeFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;

/**
 * Loads JCuda's native half from a place of our choosing.
 *
 * <p>JCuda itself would look for {@code lib<name>.so} on {@code java.library.path}, then in {@code
 * java.io.tmpdir}, where it trusts whatever file bears the name and, if there is none, writes one
 * without care. A truncated file there, left by a killed JVM or put there by someone else, would
 * break (or hijack) every later start. So:
 *
 * <ol>
 *   <li>the library is placed by {@link NativeFolder};
 *   <li>it is loaded by us, which tells at once, and without marking any class as broken, whether
 *       the CUDA driver exists;
 *   <li>JCuda's class is initialised while {@code java.io.tmpdir} names our folder: there JCuda
 *       finds the file that is loaded already, and its own extraction has nothing to do.
 * </ol>
 */
final class NativeLibrary {

  private static final String DRIVER_CLASS = "jcuda.driver.JCudaDriver";
  private static final String BASE_NAME = "JCudaDriver-12.6.0-linux-x86_64";
  private static final String RESOURCE = "/lib/" + System.mapLibraryName(BASE_NAME);
  private static final String TEMP_DIR = "java.io.tmpdir";

  /** Classes of the JDK that read java.io.tmpdir once, when they are initialised. */
  private static final List<String> TEMP_DIR_READERS =
      List.of("java.io.File$TempDirectory", "java.nio.file.TempFileHelper");

  private NativeLibrary() {}

  /** Loads the library that was placed; afterwards calls of JCudaDriver work. May be repeated. */
  static void load(Path file) {
    try {
      System.load(file.toString());
      initialiseJcuda(file);
    } catch (UnsatisfiedLinkError e) {
      throw new DriverUnavailableException(reason(e), e);
    }
  }

  /** Puts the library of the program's jar on disk, if it is not there whole. */
  static Path place(List<Path> roots) {
    try (InputStream resource = NativeLibrary.class.getResourceAsStream(RESOURCE)) {
      if (resource == null) {
        throw new IOException("the program's jar has no " + RESOURCE);
      }
      return NativeFolder.place(resource.readAllBytes(), System.mapLibraryName(BASE_NAME), roots);
    } catch (IOException e) {
      throw new DriverUnavailableException(
          "The native library for CUDA cannot be put on disk: " + e.getMessage() + ".", e);
    }
  }

  private static void initialiseJcuda(Path file) {
    // Who first asks for the temporary folder while it is ours would keep our answer for ever.
    TEMP_DIR_READERS.forEach(NativeLibrary::initialiseIfPresent);
    String before = System.getProperty(TEMP_DIR);
    System.setProperty(TEMP_DIR, String.valueOf(file.getParent()));
    try {
      Class.forName(DRIVER_CLASS, true, NativeLibrary.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new DriverUnavailableException("JCuda is not on the class path.", e);
    } finally {
      System.setProperty(TEMP_DIR, before);
    }
  }

  private static void initialiseIfPresent(String className) {
    try {
      Class.forName(className, true, null);
    } catch (ClassNotFoundException e) {
      // Another JDK, which reads the folder at start or each time: nothing to prepare.
      return;
    }
  }

  private static String reason(UnsatisfiedLinkError e) {
    String message = String.valueOf(e.getMessage());
    if (message.contains("already loaded in another classloader")) {
      return "The CUDA backend is loaded already by another class loader of this process: "
          + "put the program's jar where both share it (for Flink, its lib folder).";
    }
    if (message.contains("libcuda.so.1")) {
      return "The CUDA driver library libcuda.so.1 cannot be loaded on this machine: "
          + afterPath(message)
          + ".";
    }
    return "The native library for CUDA cannot be loaded: " + message + ".";
  }

  /** The linker's words without the path of our own file before them. */
  private static String afterPath(String message) {
    int start = message.indexOf("libcuda.so.1");
    return message.substring(start);
  }
}
