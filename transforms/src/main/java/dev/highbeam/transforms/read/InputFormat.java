// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** How a file holds rows. The first bytes decide; where they say nothing, the name does. */
public enum InputFormat {
  /** One JSON object per line. */
  JSONL,
  JSONL_GZIP,
  JSONL_ZSTD,
  PARQUET;

  private static final byte[] GZIP_MAGIC = {0x1f, (byte) 0x8b};
  private static final byte[] ZSTD_MAGIC = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd};
  private static final byte[] PARQUET_MAGIC = {'P', 'A', 'R', '1'};

  /** The format of a file. */
  static InputFormat of(Path file) throws IOException {
    byte[] head;
    try (InputStream in = Files.newInputStream(file)) {
      head = in.readNBytes(PARQUET_MAGIC.length);
    }
    if (startsWith(head, GZIP_MAGIC)) {
      return JSONL_GZIP;
    }
    if (startsWith(head, ZSTD_MAGIC)) {
      return JSONL_ZSTD;
    }
    if (startsWith(head, PARQUET_MAGIC)) {
      return PARQUET;
    }
    return byName(file).orElse(JSONL);
  }

  /** The format that a file's name promises, or empty if the name promises none of ours. */
  static Optional<InputFormat> byName(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    if (name.endsWith(".parquet")) {
      return Optional.of(PARQUET);
    }
    if (isJsonLines(name)) {
      return Optional.of(JSONL);
    }
    if (name.endsWith(".gz") && isJsonLines(name.substring(0, name.length() - 3))) {
      return Optional.of(JSONL_GZIP);
    }
    if (name.endsWith(".zst") && isJsonLines(name.substring(0, name.length() - 4))) {
      return Optional.of(JSONL_ZSTD);
    }
    return Optional.empty();
  }

  private static boolean isJsonLines(String name) {
    return name.endsWith(".jsonl") || name.endsWith(".ndjson") || name.endsWith(".json");
  }

  private static boolean startsWith(byte[] head, byte[] magic) {
    if (head.length < magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if (head[i] != magic[i]) {
        return false;
      }
    }
    return true;
  }
}
