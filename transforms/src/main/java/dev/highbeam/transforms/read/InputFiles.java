// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import dev.highbeam.runtime.api.InvalidSettingException;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the files that inputs mean: a file, a folder (with its subfolders), or a glob. A file's
 * source is its path relative to the folder, or to the part of the glob before the first wildcard,
 * with slashes; for a single file its name. Where two inputs would give one source to two files,
 * these get their whole path, because (source, position) is a row's key.
 */
final class InputFiles {

  /** One file and the name that its rows carry. */
  record InputFile(Path path, String source) {}

  private static final String WILDCARDS = "*?[{";

  private final Map<Path, String> sourceByFile = new TreeMap<>();
  private final List<String> ignored = new ArrayList<>();

  private InputFiles() {}

  /**
   * Resolves inputs.
   *
   * @throws InvalidSettingException if an input matches no file
   */
  static InputFiles find(List<String> inputs) throws IOException {
    InputFiles files = new InputFiles();
    for (String input : inputs) {
      files.add(input);
    }
    return files;
  }

  /** The files, by path. */
  List<InputFile> files() {
    Map<String, Integer> uses = new HashMap<>();
    sourceByFile.values().forEach(source -> uses.merge(source, 1, Integer::sum));
    List<InputFile> files = new ArrayList<>();
    sourceByFile.forEach(
        (path, source) ->
            files.add(
                new InputFile(
                    path, Integer.valueOf(1).equals(uses.get(source)) ? source : slashes(path))));
    return files;
  }

  /** Files in folders whose names promise no format that is read. */
  List<String> ignored() {
    return Collections.unmodifiableList(ignored);
  }

  private void add(String input) throws IOException {
    Path path = existing(input);
    int before = sourceByFile.size();
    if (path != null && Files.isDirectory(path)) {
      walk(path, file -> isData(path, file));
    } else if (path != null) {
      refuseOtherFormats(path);
      put(path, String.valueOf(path.getFileName()));
      return;
    } else {
      Path base = baseOfGlob(input);
      PathMatcher matcher = matcher(input);
      if (Files.isDirectory(base)) {
        walk(base, file -> matcher.matches(file.toAbsolutePath().normalize()));
      }
    }
    if (sourceByFile.size() == before) {
      throw new InvalidSettingException(
          "input",
          input,
          "a file, a folder or a glob of .jsonl, .jsonl.gz, .jsonl.zst or .parquet");
    }
  }

  private void walk(Path base, Predicate<Path> wanted) throws IOException {
    try (Stream<Path> paths = Files.walk(base, FileVisitOption.FOLLOW_LINKS)) {
      paths
          .filter(Files::isRegularFile)
          .filter(wanted)
          .forEach(file -> put(file, slashes(base.relativize(file))));
    }
  }

  /** Folders of jobs also hold markers and temporary files; by custom their names begin so. */
  private boolean isData(Path base, Path file) {
    for (Path part : base.relativize(file)) {
      if (part.toString().startsWith(".") || part.toString().startsWith("_")) {
        return false;
      }
    }
    if (InputFormat.byName(file).isEmpty()) {
      ignored.add(slashes(base.relativize(file)));
      return false;
    }
    return true;
  }

  private void put(Path file, String source) {
    sourceByFile.putIfAbsent(file.toAbsolutePath().normalize(), source);
  }

  private static void refuseOtherFormats(Path file) {
    String name = String.valueOf(file.getFileName());
    if (name.endsWith(".csv") || name.endsWith(".tsv") || name.endsWith(".avro")) {
      throw new InvalidSettingException(
          "input", name, "of format .jsonl, .jsonl.gz, .jsonl.zst or .parquet");
    }
  }

  private static @Nullable Path existing(String input) {
    try {
      Path path = Path.of(input);
      return Files.exists(path) ? path : null;
    } catch (InvalidPathException e) {
      // A glob may hold characters that no path on this system may.
      return null;
    }
  }

  private static Path baseOfGlob(String input) {
    int wildcard = 0;
    while (wildcard < input.length() && WILDCARDS.indexOf(input.charAt(wildcard)) < 0) {
      wildcard++;
    }
    int slash = input.lastIndexOf('/', Math.max(0, wildcard - 1));
    return slash < 0 ? Path.of("") : Path.of(input.substring(0, slash + 1));
  }

  private static PathMatcher matcher(String input) {
    String pattern =
        input.startsWith("/") ? input : slashes(Path.of("").toAbsolutePath()) + "/" + input;
    try {
      return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
    } catch (PatternSyntaxException e) {
      throw new InvalidSettingException("input", input, "a file, a folder or a valid glob");
    }
  }

  private static String slashes(Path path) {
    return path.toString().replace('\\', '/');
  }
}
