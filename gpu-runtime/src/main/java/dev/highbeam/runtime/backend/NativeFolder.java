// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a native library into a folder named after its content, whole or not at all: written to a
 * temporary file beside its place, forced to disk, moved there in one step. What lies there already
 * is used only if it is the same bytes, so that a process killed half-way, or a second one at the
 * same time, never leaves a file that a later start trips over.
 */
public final class NativeFolder {

  private static final Logger LOG = LoggerFactory.getLogger(NativeFolder.class);

  private NativeFolder() {}

  /** Where libraries may be kept, best first: {@code $XDG_CACHE_HOME}, then {@code ~/.cache}. */
  public static List<Path> defaultRoots(Function<String, @Nullable String> environment) {
    String cache = environment.apply("XDG_CACHE_HOME");
    String home = System.getProperty("user.home", "");
    if (cache != null && Path.of(cache).isAbsolute()) {
      return List.of(Path.of(cache, "highbeam", "native"));
    }
    return Path.of(home).isAbsolute()
        ? List.of(Path.of(home, ".cache", "highbeam", "native"))
        : List.of();
  }

  /**
   * The file of that name and content below the first root that can hold it; if none can, in a new
   * folder of this process alone.
   */
  public static Path place(byte[] content, String fileName, List<Path> roots) throws IOException {
    for (Path root : roots) {
      try {
        return placeIn(root.resolve(sha256(content)), content, fileName);
      } catch (IOException e) {
        LOG.warn("Native libraries cannot be kept in {}: {}", root, e.toString());
      }
    }
    return placeIn(Files.createTempDirectory("highbeam-native-"), content, fileName);
  }

  private static Path placeIn(Path folder, byte[] content, String fileName) throws IOException {
    PrivateFolder.create(folder);
    Path file = folder.resolve(fileName);
    if (!holds(file, content)) {
      write(folder, file, content);
    }
    return file;
  }

  private static boolean holds(Path file, byte[] content) throws IOException {
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
        && Files.size(file) == content.length
        && Arrays.equals(Files.readAllBytes(file), content);
  }

  private static void write(Path folder, Path file, byte[] content) throws IOException {
    Path temporary = Files.createTempFile(folder, fileName(file) + ".", ".tmp");
    try {
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        ByteBuffer bytes = ByteBuffer.wrap(content);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static String fileName(Path file) {
    return String.valueOf(file.getFileName());
  }

  private static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
