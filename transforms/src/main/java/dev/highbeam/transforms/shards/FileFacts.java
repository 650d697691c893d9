// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.shards;

import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * What a file was when it was written, so that a reader can tell whether it still is.
 *
 * @param name within its folder
 * @param rows in it
 * @param bytes its length
 * @param sha256 of its bytes, hexadecimal
 */
public record FileFacts(String name, long rows, long bytes, String sha256) implements Serializable {

  private static final int BUFFER_BYTES = 1 << 16;

  /** The facts of a file, under the name that it will have. */
  public static FileFacts of(Path file, String name, long rows) throws IOException {
    MessageDigest digest = newSha256();
    long bytes = 0;
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = Files.newInputStream(file)) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
        bytes += count;
      }
    }
    return new FileFacts(name, rows, bytes, HexFormat.of().formatHex(digest.digest()));
  }

  /** What is wrong with the file in this folder, as the end of a sentence; null if nothing is. */
  public @Nullable String problem(Path folder) throws IOException {
    Path file = folder.resolve(name);
    if (!Files.isRegularFile(file)) {
      return "is missing";
    }
    long found = Files.size(file);
    if (found != bytes) {
      return "has " + found + " bytes instead of " + bytes;
    }
    return true ? null : "has other bytes than were written";
  }

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
