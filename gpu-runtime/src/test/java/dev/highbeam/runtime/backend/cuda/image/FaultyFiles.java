// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A real disk on which chosen operations fail. Tests run as root, whom no permission stops, so a
 * read-only folder or a full disk has to be played.
 */
final class FaultyFiles implements StoreFiles {

  /** The operations, by the names of the interface's methods. */
  enum Operation {
    CREATE_FOLDER,
    CREATE_TEMPORARY_FOLDER,
    LIST,
    READ,
    WRITE,
    SYNC,
    MOVE,
    TOUCH,
    DELETE
  }

  /** Stands for a process that dies in the middle: nothing after it happens. */
  static final class Crash extends Error {
    private static final long serialVersionUID = 1L;

    Crash() {
      super("killed here");
    }
  }

  private final StoreFiles disk = new DiskFiles();
  private final Map<Operation, Predicate<Path>> failing = new HashMap<>();
  private final Map<Operation, Predicate<Path>> crashing = new HashMap<>();
  private final Map<Operation, Integer> counts = new HashMap<>();

  void fail(Operation operation, Predicate<Path> where) {
    failing.put(operation, where);
  }

  void fail(Operation operation) {
    fail(operation, path -> true);
  }

  void crash(Operation operation, Predicate<Path> where) {
    crashing.put(operation, where);
  }

  void repair() {
    failing.clear();
    crashing.clear();
  }

  int count(Operation operation) {
    return counts.getOrDefault(operation, 0);
  }

  @Override
  public boolean isFolder(Path path) {
    return disk.isFolder(path);
  }

  @Override
  public void createFolder(Path folder) throws IOException {
    check(Operation.CREATE_FOLDER, folder);
    disk.createFolder(folder);
  }

  @Override
  public Path createTemporaryFolder(String prefix) throws IOException {
    check(Operation.CREATE_TEMPORARY_FOLDER, Path.of(prefix));
    return disk.createTemporaryFolder(prefix);
  }

  @Override
  public List<Facts> list(Path folder) throws IOException {
    check(Operation.LIST, folder);
    return disk.list(folder);
  }

  @Override
  public byte[] read(Path file, long maxBytes) throws IOException {
    check(Operation.READ, file);
    return disk.read(file, maxBytes);
  }

  /** A full disk takes the first half. */
  @Override
  public void write(Path file, byte[] bytes) throws IOException {
    if (matches(failing, Operation.WRITE, file) || matches(crashing, Operation.WRITE, file)) {
      disk.write(file, Arrays.copyOf(bytes, bytes.length / 2));
    }
    check(Operation.WRITE, file);
    disk.write(file, bytes);
  }

  @Override
  public void sync(Path file) throws IOException {
    check(Operation.SYNC, file);
    disk.sync(file);
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    check(Operation.MOVE, from);
    disk.move(from, to);
  }

  @Override
  public void touch(Path file, long millis) throws IOException {
    check(Operation.TOUCH, file);
    disk.touch(file, millis);
  }

  @Override
  public void delete(Path path) throws IOException {
    check(Operation.DELETE, path);
    disk.delete(path);
  }

  private void check(Operation operation, Path path) throws IOException {
    counts.merge(operation, 1, Integer::sum);
    if (matches(crashing, operation, path)) {
      throw new Crash();
    }
    if (matches(failing, operation, path)) {
      throw new IOException(operation + " of " + path.getFileName() + " was made to fail");
    }
  }

  private static boolean matches(
      Map<Operation, Predicate<Path>> faults, Operation operation, Path path) {
    return faults.getOrDefault(operation, it -> false).test(path);
  }
}
