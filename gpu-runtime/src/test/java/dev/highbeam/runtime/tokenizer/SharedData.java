// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import dev.highbeam.runtime.json.JsonFile;
import dev.highbeam.runtime.json.JsonValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** Finds the test data that is not part of the project; a test that needs it skips without it. */
final class SharedData {
  private SharedData() {}

  /** A file or folder of the data, or a skipped test where it is absent. */
  static Path require(String relative) {
    Optional<Path> found = find(relative);
    Assumptions.assumeTrue(found.isPresent(), () -> "no shared/data/" + relative + " beside us");
    return found.orElseThrow();
  }

  /** Looks in the folder that -Dhighbeam.sharedData names, or in shared/data of a parent folder. */
  static Optional<Path> find(String relative) {
    String property = System.getProperty("highbeam.sharedData");
    if (property != null) {
      return existing(Path.of(property), relative);
    }
    for (Path up = Path.of("").toAbsolutePath(); up != null; up = up.getParent()) {
      Optional<Path> found = existing(up.resolve("shared/data"), relative);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** The rows of a JSON-lines file. */
  static List<JsonValue> rows(Path file) throws IOException {
    List<JsonValue> rows = new ArrayList<>();
    for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
      byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
      rows.add(JsonFile.parse(file + " row " + rows.size(), bytes, bytes.length));
    }
    return rows;
  }

  /** The ids in a list. */
  static int[] ids(JsonValue list) throws IOException {
    int[] ids = new int[list.elements().size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = list.elements().get(i).integer(0, Integer.MAX_VALUE);
    }
    return ids;
  }

  private static Optional<Path> existing(Path data, String relative) {
    Path path = data.resolve(relative);
    return Files.exists(path) ? Optional.of(path) : Optional.empty();
  }
}
