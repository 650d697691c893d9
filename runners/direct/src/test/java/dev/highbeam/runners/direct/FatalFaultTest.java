// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.engine.FaultyEngines.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a lost device does to the program, as a process of its own. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class FatalFaultTest {

  private static final Path DEMO =
      Path.of(System.getProperty("highbeam.root", "../.."), "examples", "demo").toAbsolutePath();

  @TempDir Path folder;

  /** How the process ended, what it said, and how long after the fault. */
  private record End(int code, String text, Duration afterFault) {}

  private End run(Fault fault, String... more) throws Exception {
    return run(fault, 5, more);
  }

  private End run(Fault fault, int step, String... more) throws Exception {
    Path log = folder.resolve("log");
    Path planted = folder.resolve("planted");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "--add-modules", "jdk.incubator.vector"));
    command.addAll(List.of("-Dplanted.fault=" + fault, "-Dplanted.file=" + planted));
    command.add("-Dplanted.step=" + step);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(FaultyMain.class.getName());
    command.addAll(arguments());
    command.addAll(List.of(more));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    int code = process.waitFor();
    Instant end = Instant.now();
    Duration after =
        Files.exists(planted)
            ? Duration.between(Files.getLastModifiedTime(planted).toInstant(), end)
            : Duration.ZERO;
    return new End(code, Files.readString(log), after);
  }

  private List<String> arguments() throws IOException {
    Path input = folder.resolve("in.jsonl");
    if (!Files.exists(input)) { // A resume looks at the time, too.
      Files.write(input, Collections.nCopies(200, "{\"prompt\": \"Message: hello\"}"));
    }
    return List.of(
        "generate",
        "--model=" + DEMO.resolve("model"),
        "--device=cpu",
        "--input=" + input,
        "--output=" + output(),
        "--dedupe=false", // Equal rows are work here.
        "--ignoreEos",
        "--maxTokens=32",
        "--maxNumSeqs=16");
  }

  private Path output() {
    return folder.resolve("out");
  }

  private void requireNoRows() throws IOException {
    for (String name : List.of("results", "errors")) {
      if (Files.exists(output().resolve(name))) {
        try (Stream<Path> files = Files.list(output().resolve(name))) {
          assertThat(files).noneMatch(file -> file.toString().endsWith(".parquet"));
        }
      }
    }
    assertThat(output().resolve("_SUCCESS")).doesNotExist();
  }

  @Test
  void givenLostDevice_endsWith70NamesTheOpAndBlamesNoRow() throws Exception {
    End end = run(Fault.LOST);
    assertThat(end.code()).as(end.text()).isEqualTo(70);
    assertThat(end.afterFault()).isLessThan(Duration.ofSeconds(5));
    assertThat(end.text())
        .contains("highbeam: step 5 failed in op 'sample': an illegal address was met");
    assertThat(output().resolve("job.json"))
        .content()
        .contains("\"outcome\" : \"fatal_device\"")
        .contains("\"exit_code\" : 70")
        .contains("\"errors\" : 0");
    requireNoRows();
  }

  @Test
  void S3_7_givenLostDeviceAfterRowsHadFinished_theyAreSavedAndTheNextRunComputesTheOthers()
      throws Exception {
    String[] options = {"--journalRows=100000", "--journalSeconds=3600"};
    End end = run(Fault.LOST, 120, options);
    assertThat(end.code()).as(end.text()).isEqualTo(70);
    assertThat(end.afterFault()).isLessThan(Duration.ofSeconds(5));
    assertThat(end.text()).contains("highbeam: step 120 failed in op 'sample'");
    Durable saved = Durable.of(output());
    // A place is taken for 32 steps, so the first one alone was given back three times; how soon
    // the
    // others were taken depends on how fast rows came.
    assertThat(saved.all().served()).isGreaterThanOrEqualTo(3);
    assertThat(saved.all().errors()).isZero();
    requireNoRows();

    end = run(Fault.NONE, options);
    assertThat(end.code()).as(end.text()).isZero();
    assertThat(OutputRows.record(output()).at("/tokens/output_computed").asLong())
        .isEqualTo(200 * 32 - saved.all().outputTokens());
    assertThat(OutputRows.record(output()).at("/rows/errors").asLong()).isZero();
  }

  @Test
  void givenStepThatHangs_endsWith70AndNamesIt() throws Exception {
    End end = run(Fault.HANG, "--stepTimeoutSeconds=3");
    assertThat(end.code()).as(end.text()).isEqualTo(70);
    // A look a second, so the hang is known after four at most.
    assertThat(end.afterFault()).isLessThan(Duration.ofSeconds(4 + 5));
    assertThat(end.text())
        .contains("highbeam: step 5 hangs in op 'sample': no sign of life for 3 s");
    requireNoRows();
  }

  @Test
  void S4_6_givenDeviceThatTurnsWrong_endsWith70AndBlamesNoRow() throws Exception {
    End end = run(Fault.WRONG);
    assertThat(end.code()).as(end.text()).isEqualTo(70);
    assertThat(end.text())
        .containsPattern(
            "highbeam: \\d+ of the last \\d+ requests gave degenerate outputs, and the device fails its"
                + " self-test: after position \\d+ it gives token 0 with log-probability NaN");
    requireNoRows();
  }

  @Test
  void S4_7_givenDeviceThatIsWrongAtStart_endsWith70BeforeAnyRow() throws Exception {
    End end = run(Fault.WRONG_AT_START);
    assertThat(end.code()).as(end.text()).isEqualTo(70);
    assertThat(end.text()).contains("highbeam: the device fails its self-test: after position ");
    requireNoRows();
  }

  @Test
  void givenStartThatHangs_endsWith70AndSaysWhere() throws Exception {
    End end = run(Fault.HANG_AT_START, "--startupTimeoutSeconds=1");
    assertThat(end.code()).as(end.text()).isEqualTo(70);
    assertThat(end.afterFault()).isLessThan(Duration.ofSeconds(1 + 5));
    assertThat(end.text()).contains("highbeam: the engine was still opening the device after ");
    requireNoRows();
  }

  @Test
  void givenJobThatNeverLearnsIt_endsWith70AllTheSame() throws Exception {
    End end = run(Fault.LOST_AND_DEAF);
    assertThat(end.code()).as(end.text()).isEqualTo(70);
    assertThat(end.afterFault()).isLessThan(Duration.ofSeconds(5));
    assertThat(end.text()).contains("an illegal address was met; the job did not end by itself");
    requireNoRows();
  }
}
