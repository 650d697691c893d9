// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import dev.highbeam.transforms.shards.DurableFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Names and places in an output folder: {@code part-00000.parquet} and so on, and beside them, only
 * while a job runs, a hidden folder of parts.
 */
final class Parts {

  private static final String HIDDEN = ".parts";
  private static final Pattern FINISHED = Pattern.compile("part-\\d{5}\\.parquet");

  private Parts() {}

  /** A new empty part with a name that no other worker has. */
  static Path create(String folder) throws IOException {
    return Files.createTempFile(hidden(folder), "rows-", ".avro");
  }

  /** Where a finished file lies. */
  static Path finished(String folder, int index) {
    return Path.of(folder, String.format(Locale.ROOT, "part-%05d.parquet", index));
  }

  /** Where it lies until it is complete. */
  static Path unfinished(String folder) throws IOException {
    return Files.createTempFile(hidden(folder), "file-", ".parquet");
  }

  /**
   * Removes parts, what killed attempts have left, and finished files of an earlier job that this
   * one has not replaced.
   */
  static void clean(String folder, List<String> finished) throws IOException {
    try (Stream<Path> paths = Files.walk(hidden(folder))) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
    try (Stream<Path> paths = Files.list(Path.of(folder))) {
      for (Path path : paths.toList()) {
        String name = String.valueOf(path.getFileName());
        boolean isOld = FINISHED.matcher(name).matches() && !finished.contains(path.toString());
        if (isOld || DurableFile.isTemporary(path)) {
          Files.deleteIfExists(path);
        }
      }
    }
  }

  private static Path hidden(String folder) throws IOException {
    return Files.createDirectories(Path.of(folder, HIDDEN));
  }
}
