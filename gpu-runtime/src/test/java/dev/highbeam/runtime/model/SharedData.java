// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the test data that lies beside the repository; a test without it is skipped. */
final class SharedData {

  private SharedData() {}

  /** A file or folder of the data; skips the calling test where there is none. */
  static Path path(String name) {
    String root = System.getProperty("highbeam.sharedData", "");
    Path found = root.isEmpty() ? walkUp() : Path.of(root);
    assumeTrue(
        found != null && Files.exists(found.resolve(name)),
        () -> "shared/data/" + name + " does not lie beside the repository");
    return found.resolve(name);
  }

  private static Path walkUp() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.isDirectory(at.resolve("shared/data"))) {
        return at.resolve("shared/data");
      }
    }
    return null;
  }
}
