// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.pipelines.options.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OutputFolderTest {

  @TempDir Path folder;

  private void put(String name) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, name);
  }

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  @Test
  void givenOurFilesAndOthers_clearsOursOnly() throws IOException {
    List<String> ours =
        List.of(
            "_SUCCESS",
            "job.json",
            "results/part-00000.parquet",
            "errors/part-00012.parquet",
            "results/.parts/rows-1.avro");
    List<String> others =
        List.of(
            "mine.parquet", "results/notes.txt", "results/old.parquet", "data/part-00000.parquet");
    for (String name : ours) {
      put(name);
    }
    for (String name : others) {
      put(name);
    }
    new OutputFolder(folder).clear();
    assertThat(files()).containsExactlyElementsOf(others.stream().sorted().toList());
  }

  @Test
  void givenLinkNamedResults_followsItNowhere(@TempDir Path elsewhere) throws IOException {
    Files.writeString(elsewhere.resolve("part-00000.parquet"), "not ours");
    Files.createSymbolicLink(folder.resolve("results"), elsewhere);
    new OutputFolder(folder).clear();
    assertThat(elsewhere.resolve("part-00000.parquet")).exists();
  }

  @ParameterizedTest
  @ValueSource(strings = {"_SUCCESS", "results/part-00000.parquet", "errors/part-00000.parquet"})
  void givenEarlierOutput_refusesTheFolder(String name) throws IOException {
    put(name);
    assertThatThrownBy(() -> new OutputFolder(folder).requireUnused())
        .isInstanceOf(UsageException.class)
        .hasMessage(
            "--output: %s already holds output of a job (%s); choose another folder, or remove that"
                + " output with --mode=fresh",
            folder, name);
  }

  @Test
  void givenRecordOfJobWithoutRows_acceptsTheFolder() throws IOException {
    put("job.json");
    put("unrelated.txt");
    assertThatCode(() -> new OutputFolder(folder).requireUnused()).doesNotThrowAnyException();
  }

  @Test
  void givenFile_saysThatItIsNoFolder() throws IOException {
    put("out");
    OutputFolder output = new OutputFolder(folder.resolve("out"));
    assertThatThrownBy(output::prepare)
        .hasMessage("--output: " + folder.resolve("out") + " is a file; name a folder");
    OutputFolder below = new OutputFolder(folder.resolve("out/deeper"));
    assertThatThrownBy(below::prepare)
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith("--output: cannot make the folder");
  }

  @Test
  void givenText_writesItWholeAndLeavesNothingElse() throws IOException {
    OutputFolder output = new OutputFolder(folder.resolve("a/b"));
    output.prepare();
    output.write("job.json", "1");
    output.write("job.json", "2");
    assertThat(files()).containsExactly("a/b/job.json");
    assertThat(folder.resolve("a/b/job.json")).hasContent("2");
  }
}
