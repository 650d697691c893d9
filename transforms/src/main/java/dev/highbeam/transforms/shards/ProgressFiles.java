// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.shards;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The files of durable progress that lie in a folder, found by our names only and following no
 * link, so that removing them removes nothing else.
 */
public final class ProgressFiles {

  private static final Pattern IN_WORK_LIST =
      Pattern.compile(
          "_DONE|(split|moved|fetched)-\\d+-\\d+\\.avro|shard-\\d+(\\.copies|\\.reused)?\\.avro"
              + "|errors-\\d+\\.parquet");
  private static final Pattern UNCUT = Pattern.compile("(split|moved|fetched)-\\d+-\\d+\\.avro");
  private static final Pattern IN_JOURNAL =
      Pattern.compile("_ISOLATED|shard-\\d+\\.(json|attempt\\.json|(results|errors)\\.parquet)");
  private static final Pattern SHARD = Pattern.compile("shard-\\d+");
  private static final Pattern PART = Pattern.compile("part-\\d+\\.(avro|json)");

  private ProgressFiles() {}

  /** All of them, the mark of a complete work list first. */
  public static List<Path> of(WorkFolder folder) throws IOException {
    LinkedHashSet<Path> found = new LinkedHashSet<>();
    if (Files.isRegularFile(folder.done(), LinkOption.NOFOLLOW_LINKS)) {
      found.add(folder.done());
    }
    add(folder.workList(), IN_WORK_LIST, found);
    add(folder.journal(), IN_JOURNAL, found);
    for (Path shard : shardFolders(folder)) {
      add(shard, PART, found);
    }
    return List.copyOf(found);
  }

  /** Removes them, and the folders that are empty then. A folder half removed begins anew. */
  public static void remove(WorkFolder folder) throws IOException {
    List<Path> folders = new ArrayList<>(shardFolders(folder));
    folders.add(folder.journal());
    folders.add(folder.workList());
    for (Path file : of(folder)) {
      Files.deleteIfExists(file);
    }
    for (Path each : folders) {
      if (Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS) && isEmpty(each)) {
        Files.delete(each);
      }
    }
  }

  /** Removes requests of the work list that lie in shards by now. */
  public static void removeUncut(WorkFolder folder) throws IOException {
    for (Path file : list(folder.workList())) {
      if (UNCUT.matcher(name(file)).matches()) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static void add(Path folder, Pattern names, Set<Path> found) throws IOException {
    for (Path file : list(folder)) {
      boolean isOurs = names.matcher(name(file)).matches() || DurableFile.isTemporary(file);
      if (isOurs && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        found.add(file);
      }
    }
  }

  private static List<Path> shardFolders(WorkFolder folder) throws IOException {
    return list(folder.journal()).stream()
        .filter(path -> SHARD.matcher(name(path)).matches())
        .filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
        .toList();
  }

  private static boolean isEmpty(Path folder) throws IOException {
    return list(folder).isEmpty();
  }

  private static List<Path> list(Path folder) throws IOException {
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      return List.of();
    }
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.sorted().toList();
    }
  }

  private static String name(Path path) {
    return String.valueOf(path.getFileName());
  }
}
