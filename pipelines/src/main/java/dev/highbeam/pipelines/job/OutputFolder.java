// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import dev.highbeam.pipelines.options.UsageException;
import dev.highbeam.transforms.shards.DurableFile;
import dev.highbeam.transforms.shards.ProgressFiles;
import dev.highbeam.transforms.shards.WorkFolder;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The folder that a job writes to, and the names in it that are ours. Clearing removes files with
 * those names only and follows no link, so that a folder named by mistake loses nothing else. Small
 * files appear whole or not at all: they are written under a temporary name and moved.
 */
public final class OutputFolder {

  public static final String RESULTS = "results";
  public static final String ERRORS = "errors";
  public static final String JOB_RECORD = "job.json";
  public static final String SUCCESS = "_SUCCESS";
  static final String LOCK = ".highbeam.lock";

  /** Where the transforms keep unfinished rows, in either row folder. */
  private static final String PARTS = ".parts";

  private static final List<String> ROW_FOLDERS = List.of(RESULTS, ERRORS);

  private final Path path;

  public OutputFolder(Path path) {
    this.path = path;
  }

  public Path path() {
    return path;
  }

  /** Refuses what is no folder; touches nothing. */
  public void requireFolder() {
    if (Files.exists(path) && !Files.isDirectory(path)) {
      throw new UsageException("--output: " + path + " is a file; name a folder");
    }
  }

  /** Makes the folder if it is missing and says clearly why it cannot be used, if so. */
  public void prepare() {
    requireFolder();
    try {
      Files.createDirectories(path);
    } catch (IOException e) {
      throw new UsageException("--output: cannot make the folder " + path + ": " + reason(e), e);
    }
    if (!Files.isWritable(path)) {
      throw new UsageException("--output: the folder " + path + " is not writable");
    }
  }

  /**
   * Refuses a folder in which an earlier job left something that this one would mix with. A lone
   * record of a job that ended before its first row is no such thing.
   */
  public void requireUnused() {
    List<Path> all = leftovers();
    try {
      all.addAll(ProgressFiles.of(WorkFolder.in(path)));
    } catch (IOException e) {
      throw new UsageException("--output: cannot look into " + path + ": " + reason(e), e);
    }
    for (Path file : all) {
      if (!file.endsWith(JOB_RECORD)) {
        throw new UsageException(
            "--output: "
                + path
                + " already holds output of a job ("
                + path.relativize(file)
                + "); choose another folder, or remove that output with --mode=fresh");
      }
    }
  }

  /**
   * Refuses a folder with rows of which nothing tells how they came about: this program has not
   * kept a record of them, so nothing can go on there.
   */
  public void requireNoRows() {
    for (Path file : leftovers()) {
      if (file.toString().endsWith(".parquet")) {
        throw new UsageException(
            "--output: "
                + path
                + " holds rows of a job that cannot be gone on with ("
                + path.relativize(file)
                + "); choose another folder, or remove that output with --mode=fresh");
      }
    }
  }

  /** Removes the work list and the journal of a job that is done. */
  public void removeProgress() throws IOException {
    ProgressFiles.remove(WorkFolder.in(path));
  }

  /** Removes what an earlier job of ours wrote or had begun to write; everything else stays. */
  public void clear() {
    try {
      for (Path file : leftovers()) {
        Files.delete(file);
      }
      for (String name : ROW_FOLDERS) {
        clearParts(path.resolve(name).resolve(PARTS));
      }
      removeProgress(); // Last: until then the folder still says whose rows it held.
    } catch (IOException e) {
      throw new UsageException("--mode=fresh: cannot remove earlier output: " + reason(e), e);
    }
  }

  /** Parts are flat files; whatever else somebody put there stays, and the folder with it. */
  private static void clearParts(Path parts) throws IOException {
    if (!Files.isDirectory(parts, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(parts)) {
      for (Path file : files) {
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
          Files.delete(file);
        }
      }
    }
  }

  /** Writes a small file so that it is never seen half written. */
  public void write(String name, String text) throws IOException {
    DurableFile.write(path.resolve(name), text);
  }

  private List<Path> leftovers() {
    List<Path> found = new ArrayList<>();
    // _SUCCESS goes first: a folder that is half cleared must not look complete.
    addFile(SUCCESS, found);
    for (String name : ROW_FOLDERS) {
      Path folder = path.resolve(name);
      if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
        addRowFiles(folder, found);
      }
    }
    addFile(WorkFolder.MANIFEST, found);
    addFile(JOB_RECORD, found);
    return found;
  }

  private void addFile(String name, List<Path> found) {
    if (Files.isRegularFile(path.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
      found.add(path.resolve(name));
    }
  }

  private static void addRowFiles(Path folder, List<Path> found) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        if (isRowFile(file)) {
          found.add(file);
        }
      }
    } catch (IOException e) {
      throw new UsageException("--output: cannot look into " + folder + ": " + reason(e), e);
    }
  }

  private static boolean isRowFile(Path file) {
    boolean isOurs =
        file.getFileName().toString().matches("part-\\d{5}\\.parquet")
            || DurableFile.isTemporary(file);
    return isOurs && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
  }

  private static String reason(IOException e) {
    // The message of these exceptions is the path alone, which says nothing.
    return e instanceof AccessDeniedException
        ? "permission denied"
        : String.valueOf(e.getMessage());
  }
}
