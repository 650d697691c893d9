// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** The machine's own file system. */
final class DiskFiles implements StoreFiles {

  private static final String OWNER_ONLY = "rwx------";

  @Override
  public boolean isFolder(Path path) {
    return Files.isDirectory(path);
  }

  @Override
  public void createFolder(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      return;
    }
    if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.createDirectories(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(OWNER_ONLY)));
    } else {
      Files.createDirectories(folder);
    }
  }

  @Override
  public Path createTemporaryFolder(String prefix) throws IOException {
    return Files.createTempDirectory(prefix);
  }

  @Override
  public List<Facts> list(Path folder) throws IOException {
    List<Facts> facts = new ArrayList<>();
    try (DirectoryStream<Path> paths = Files.newDirectoryStream(folder)) {
      for (Path path : paths) {
        try {
          BasicFileAttributes attributes =
              Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
          if (attributes.isRegularFile()) {
            facts.add(
                new Facts(
                    String.valueOf(path.getFileName()),
                    attributes.size(),
                    attributes.lastModifiedTime().toMillis()));
          }
        } catch (NoSuchFileException e) {
          // Another process removed it since the folder was read.
          continue;
        }
      }
    }
    return facts;
  }

  @Override
  public byte[] read(Path file, long maxBytes) throws IOException {
    long bytes = Files.size(file);
    if (bytes > maxBytes) {
      throw new IOException(file + " has " + bytes + " bytes, more than " + maxBytes);
    }
    return Files.readAllBytes(file);
  }

  @Override
  public void write(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    }
  }

  @Override
  public void sync(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    syncFolder(to);
  }

  @Override
  public void touch(Path file, long millis) throws IOException {
    Files.setLastModifiedTime(file, FileTime.fromMillis(millis));
  }

  @Override
  public void delete(Path path) throws IOException {
    Files.deleteIfExists(path);
  }

  /** Not every system lets a folder be opened; then the new name lives until the next power cut. */
  private static void syncFolder(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      return;
    }
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      return;
    }
  }
}
