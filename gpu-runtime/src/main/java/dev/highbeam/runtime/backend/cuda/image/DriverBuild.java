// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The exact build of the driver. Many builds share one CUDA version, and each may compile PTX in
 * its own way, so the version alone must not name what one of them compiled.
 */
public final class DriverBuild {

  /** Where the kernel module on Linux states its build, as "NVRM version: ... 580.65.06 ...". */
  private static final Path MODULE = Path.of("/proc/driver/nvidia/version");

  private static final Pattern BUILD = Pattern.compile("\\b\\d{3,4}\\.\\d{1,3}(?:\\.\\d{1,3})?\\b");

  private DriverBuild() {}

  /** Such as {@code 13000-580.65.06}; the CUDA version alone where the build is not stated. */
  public static String of(int cudaVersion) {
    return of(cudaVersion, MODULE);
  }

  static String of(int cudaVersion, Path module) {
    try {
      Matcher matcher = BUILD.matcher(Files.readString(module, StandardCharsets.ISO_8859_1));
      return matcher.find() ? cudaVersion + "-" + matcher.group() : Integer.toString(cudaVersion);
    } catch (IOException e) {
      // Windows and WSL have no such file.
      return Integer.toString(cudaVersion);
    }
  }
}
