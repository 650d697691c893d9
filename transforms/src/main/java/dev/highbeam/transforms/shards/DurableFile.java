// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.shards;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A file on its way to its place: written under a temporary name that no other attempt has, then
 * synced and renamed, so that it is seen whole or not at all, also after the machine has crashed.
 * What is closed without a commit leaves nothing.
 */
public final class DurableFile implements Closeable {

  private static final String SUFFIX = ".temp";

  private final Path target;
  private final Path temporary;
  private boolean isCommitted;

  private DurableFile(Path target, Path temporary) {
    this.target = target;
    this.temporary = temporary;
  }

  /** Begins a file, in a folder that is made if it is missing. */
  public static DurableFile begin(Path target) throws OutputException {
    Path folder = folder(target);
    try {
      Files.createDirectories(folder);
      String prefix = "." + target.getFileName() + ".";
      return new DurableFile(
          target, Files.createTempFile(folder, prefix, SUFFIX, permissions(folder)));
    } catch (IOException e) {
      throw OutputException.of(target, e);
    }
  }

  /** Writes a small text. */
  public static void write(Path target, String text) throws OutputException {
    try (DurableFile file = begin(target)) {
      Files.writeString(file.path(), text);
      file.commit();
    } catch (IOException e) {
      throw OutputException.of(target, e);
    }
  }

  /** Whether a file of this name is left over from an attempt that was killed. */
  public static boolean isTemporary(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.startsWith(".") && name.endsWith(SUFFIX);
  }

  /** Where to write; whoever opens it closes it before the commit. */
  public Path path() {
    return temporary;
  }

  /** Puts the file in its place, over one that may be there. */
  public void commit() throws OutputException {
    try {
      sync(temporary);
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      isCommitted = true;
    } catch (IOException e) {
      throw OutputException.of(target, e);
    }
    syncFolder(folder(target));
  }

  @Override
  public void close() {
    if (!isCommitted) {
      try {
        Files.deleteIfExists(temporary);
      } catch (IOException e) {
        // What hindered the writing is what the user must learn; the rest goes with the folder.
      }
    }
  }

  private static Path folder(Path target) {
    Path folder = target.toAbsolutePath().getParent();
    if (folder == null) {
      throw new IllegalArgumentException(target + " is no file's path");
    }
    return folder;
  }

  /** Temporary files are their owner's alone by default; these become files like any other. */
  private static FileAttribute<?>[] permissions(Path folder) {
    return folder.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-rw-rw-"))
        }
        : new FileAttribute<?>[0];
  }

  private static void sync(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  private static void syncFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Not every system opens folders; the rename is then durable when the system says so.
    }
  }
}
