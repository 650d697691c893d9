// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Applies TidyRules to every file of the repository that git tracks or would track. */
final class TidyTest {
  private static final List<String> CODE_ENDINGS =
      List.of(".java", ".cu", ".cuh", ".h", ".cc", ".py", ".sh", "pom.xml", "mvnw", "/run");

  private static Path root;
  private static List<String> files;

  @BeforeAll
  static void listFiles() throws IOException, InterruptedException {
    root = Path.of(System.getProperty("highbeam.root", "../..")).toRealPath();
    files = Files.exists(root.resolve(".git")) ? trackedFiles() : walkedFiles();
    assertThat(files).contains("pom.xml", "gpu-runtime/pom.xml", "README.md");
  }

  @Test
  void givenJavaFiles_checkStyle_noFaults() {
    assertThat(faults(java(), TidyRules::java)).isEmpty();
  }

  @Test
  void givenPackages_checkPackageInfo_allNullMarked() {
    TreeSet<String> folders = new TreeSet<>();
    java().stream()
        .filter(file -> !file.startsWith("examples/")) // Written as a user would write.
        .filter(file -> file.contains("src/main/java/"))
        .forEach(file -> folders.add(file.replaceFirst("/[^/]*$", "")));
    List<String> faults =
        folders.stream()
            .map(folder -> folder + "/package-info.java")
            .map(
                info ->
                    TidyRules.packageInfo(
                        info.replaceFirst("/[^/]*$", ""), files.contains(info) ? read(info) : null))
            .flatMap(List::stream)
            .toList();
    assertThat(faults).isEmpty();
  }

  @Test
  void givenCode_checkOpenTasks_noneWithoutIssue() {
    List<String> code =
        files.stream().filter(file -> CODE_ENDINGS.stream().anyMatch(file::endsWith)).toList();
    assertThat(faults(code, TidyRules::code)).isEmpty();
  }

  @Test
  void givenTextFiles_checkHosts_noRegistryNamed() {
    List<String> text =
        files.stream()
            .filter(file -> !file.startsWith("examples/") || file.endsWith(".md"))
            .filter(
                file ->
                    file.matches(
                        ".*\\.(java|xml|md|sh|py|txt|properties|config|ya?ml)|mvnw|highbeam|\\.ci/run"))
            .toList();
    assertThat(faults(text, TidyRules::hosts)).isEmpty();
  }

  @Test
  void givenMarkdown_countTitles_oneEach() {
    List<String> pages = files.stream().filter(file -> file.endsWith(".md")).toList();
    assertThat(faults(pages, TidyRules::markdown)).isEmpty();
  }

  @Test
  void givenFrontPages_checkNamedPaths_allExist() {
    List<String> pages =
        Stream.of("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")
            .filter(files::contains)
            .toList();
    assertThat(
            faults(
                pages,
                (page, content) ->
                    TidyRules.namedPaths(
                        page, content, named -> Files.exists(root.resolve(named)))))
        .isEmpty();
  }

  private static List<String> java() {
    return files.stream().filter(file -> file.endsWith(".java")).toList();
  }

  private static List<String> faults(
      List<String> paths, BiFunction<String, String, List<String>> rule) {
    return paths.stream().flatMap(path -> rule.apply(path, read(path)).stream()).toList();
  }

  private static String read(String path) {
    try {
      return Files.readString(root.resolve(path));
    } catch (IOException e) {
      throw new UncheckedIOException(path, e);
    }
  }

  private static List<String> trackedFiles() throws IOException, InterruptedException {
    Process git =
        new ProcessBuilder("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
            .directory(root.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String output = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (git.waitFor() != 0) {
      // For example a checkout that belongs to another user, which git refuses to look at.
      return walkedFiles();
    }
    return Stream.of(output.split("\0"))
        .distinct()
        .filter(file -> Files.isRegularFile(root.resolve(file)))
        .toList();
  }

  /** A source archive has no .git. */
  private static List<String> walkedFiles() throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      return paths
          .map(root::relativize)
          .filter(path -> Files.isRegularFile(root.resolve(path)))
          .map(path -> path.toString().replace('\\', '/'))
          .filter(path -> !("/" + path).matches(".*/(target|\\.git|\\.idea|shared|out)/.*"))
          .toList();
    }
  }
}
