// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where compiled kernels are kept: the folder of the setting, else of HIGHBEAM_KERNEL_CACHE_DIR,
 * else below XDG_CACHE_HOME, else below the home folder's .cache, else a folder of this process
 * alone. A folder that cannot be written is passed over with one warning. The word none stands for
 * memory.
 */
final class CacheFolders {

  static final String VARIABLE = "HIGHBEAM_KERNEL_CACHE_DIR";

  private static final String NONE = "none";
  private static final Path BELOW = Path.of("highbeam", "kernels");

  /** How long the files of a folder are kept. */
  enum Lifetime {
    FOR_LATER,
    OF_THIS_PROCESS
  }

  /** A folder and why it is the one; no folder means memory. */
  record Choice(@Nullable Path folder, String why, Lifetime lifetime) {}

  private record Candidate(String folder, Path below, String why) {}

  private final Function<String, @Nullable String> environment;
  private final StoreFiles files;
  private final CacheActivity activity;

  /**
   * @param environment the variables of the process, and {@code user.home} of its Java
   */
  CacheFolders(
      Function<String, @Nullable String> environment, StoreFiles files, CacheActivity activity) {
    this.environment = environment;
    this.files = files;
    this.activity = activity;
  }

  /** The first place in the order that can be written. */
  Choice choose(@Nullable String setting) {
    List<String> problems = new ArrayList<>();
    for (Candidate candidate : candidates(setting)) {
      if (candidate.folder.equals(NONE)) {
        return new Choice(null, "memory only, by " + candidate.why, Lifetime.OF_THIS_PROCESS);
      }
      Optional<Path> folder = writable(candidate, problems);
      if (folder.isPresent()) {
        warn(problems, folder.get().toString());
        return new Choice(folder.get(), folder.get() + ", by " + candidate.why, Lifetime.FOR_LATER);
      }
    }
    Choice last = ofThisProcess(problems);
    warn(problems, last.why);
    return last;
  }

  private List<Candidate> candidates(@Nullable String setting) {
    List<Candidate> candidates = new ArrayList<>();
    if (setting != null) {
      candidates.add(new Candidate(setting, Path.of(""), "kernel_cache_dir"));
    }
    String variable = environment.apply(VARIABLE);
    if (variable != null && !variable.isEmpty()) {
      candidates.add(new Candidate(variable, Path.of(""), VARIABLE));
    }
    String cache = environment.apply("XDG_CACHE_HOME");
    if (cache != null && isAbsolute(cache)) {
      candidates.add(new Candidate(cache, BELOW, "XDG_CACHE_HOME"));
    }
    home()
        .ifPresent(
            home ->
                candidates.add(
                    new Candidate(home.resolve(".cache").toString(), BELOW, "the home folder")));
    return candidates;
  }

  /**
   * The home folder if there is one: containers often name one that is not, which we do not make.
   */
  private Optional<Path> home() {
    for (String name : new String[] {"HOME", "user.home"}) {
      String home = environment.apply(name);
      if (home != null && isAbsolute(home)) {
        Path folder = Path.of(home);
        return files.isFolder(folder) ? Optional.of(folder) : Optional.empty();
      }
    }
    return Optional.empty();
  }

  private Optional<Path> writable(Candidate candidate, List<String> problems) {
    try {
      Path folder = Path.of(candidate.folder).resolve(candidate.below).toAbsolutePath();
      files.createFolder(folder);
      probe(folder);
      return Optional.of(folder);
    } catch (IOException | InvalidPathException e) {
      problems.add("not in " + candidate.folder + " (" + candidate.why + "): " + e);
      return Optional.empty();
    }
  }

  private void probe(Path folder) throws IOException {
    Path probe =
        folder.resolve(
            DirectoryStore.TEMPORARY
                + ProcessHandle.current().pid()
                + "-"
                + Long.toHexString(System.nanoTime()));
    try {
      files.write(probe, new byte[1]);
    } finally {
      files.delete(probe);
    }
  }

  private Choice ofThisProcess(List<String> problems) {
    try {
      Path folder = files.createTemporaryFolder("highbeam-kernels-");
      return new Choice(folder, folder + ", for this process alone", Lifetime.OF_THIS_PROCESS);
    } catch (IOException e) {
      problems.add("not in a temporary folder: " + e);
      return new Choice(null, "memory only, for want of a folder", Lifetime.OF_THIS_PROCESS);
    }
  }

  private void warn(List<String> problems, String instead) {
    if (!problems.isEmpty()) {
      activity.warnOnce(
          "folder", "Compiled kernels are kept in " + instead + ", " + String.join("; ", problems));
    }
  }

  private static boolean isAbsolute(String path) {
    try {
      return Path.of(path).isAbsolute();
    } catch (InvalidPathException e) {
      return false;
    }
  }
}
