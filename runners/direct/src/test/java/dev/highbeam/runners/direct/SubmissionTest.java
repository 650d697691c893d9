// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whoever submits a job touches no driver: it may have none. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class SubmissionTest {

  private static final Path DEMO =
      Path.of(System.getProperty("highbeam.root", "../.."), "examples", "demo").toAbsolutePath();

  @TempDir Path folder;

  private ChildProgram program(String device) throws IOException {
    Path input = folder.resolve("in.jsonl");
    Files.writeString(input, "{\"prompt\": \"Message: hello\"}\n");
    return new ChildProgram(
        SerialisingMain.class,
        folder.resolve("log"),
        List.of(
            "generate",
            "--model=" + DEMO.resolve("model"),
            "--device=" + device,
            "--input=" + input,
            "--output=" + folder.resolve("out"),
            "--maxTokens=4"));
  }

  @Test
  void S1_8_givenNoDriver_thePipelineIsBuiltAndOnlyTheWorkerRefuses() throws Exception {
    ChildProgram.End end = program("cuda").run();
    assertThat(end.text()).containsPattern("serialised [1-9][0-9]+ bytes after 0 calls");
    assertThat(end.code()).as(end.text()).isNotZero();
    assertThat(end.text()).contains("libcuda");
  }

  @Test
  void S3_1_givenADriver_noCallReachesItBeforeSetup() throws Exception {
    Path calls = folder.resolve("calls");
    ChildProgram.End end =
        program("cuda").withDevices("80:16G").with(Map.of("EMU_LOG", calls.toString())).run();
    assertThat(end.text()).containsPattern("serialised [1-9][0-9]+ bytes after 0 calls");
    assertThat(end.code()).as(end.text()).isZero();
    assertThat(Files.readAllLines(calls)).as("calls of the run itself").isNotEmpty();
  }
}
