// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What the cache asks of a file system: a seam, so that tests can let any of it fail. */
interface StoreFiles {

  /** A file's name, size and time of last change in milliseconds since 1970. */
  record Facts(String name, long bytes, long changedMillis) {}

  boolean isFolder(Path path);

  /** Makes a folder and those above it, for this user alone; one that exists is left as it is. */
  void createFolder(Path folder) throws IOException;

  /** Makes a new folder for temporary files. */
  Path createTemporaryFolder(String prefix) throws IOException;

  /** The files (not folders) of a folder, in any order. */
  List<Facts> list(Path folder) throws IOException;

  /** The whole of a file; one of more bytes than allowed is a failure. */
  byte[] read(Path file, long maxBytes) throws IOException;

  /** Writes a file that must not exist yet; a failure may leave a part of it. */
  void write(Path file, byte[] bytes) throws IOException;

  /** Forces a file's contents to the device. */
  void sync(Path file) throws IOException;

  /** Gives a file another name in one step, replacing what has it, then forces the folder out. */
  void move(Path from, Path to) throws IOException;

  /** Sets the time of last change. */
  void touch(Path file, long millis) throws IOException;

  /** Removes a file or an empty folder; one that is gone already is none the worse. */
  void delete(Path path) throws IOException;
}
