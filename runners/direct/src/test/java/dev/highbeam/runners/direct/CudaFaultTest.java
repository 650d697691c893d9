// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A GPU that fails in the middle of a job, through Beam, the CUDA backend and the launcher. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the driver emulator is for Linux")
@Timeout(value = 9, unit = TimeUnit.MINUTES)
final class CudaFaultTest {

  /** The kernel that gathers logit rows runs once a step; the self-test before takes four steps. */
  private static final String IN_THE_40TH_STEP = "run:gather@44=";

  private static final int ROWS = 40;

  private static final Path ROOT =
      Path.of(System.getProperty("highbeam.root", "../..")).toAbsolutePath().normalize();

  private static final Path MODEL = ROOT.resolve("examples/demo/model");

  private static final Pattern FAILED_CALL = Pattern.compile("\"us\":(\\d+),.*\"result\":700");

  @TempDir Path folder;

  private List<String> arguments(String... more) throws IOException {
    Path input = folder.resolve("in.jsonl");
    Files.write(
        input,
        IntStream.range(0, ROWS).mapToObj(i -> "{\"prompt\": \"Hello " + i + "\"}").toList());
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "generate",
                "--model=" + MODEL,
                "--device=cuda",
                "--input=" + input,
                "--output=" + output(),
                "--ignoreEos",
                "--maxTokens=48",
                "--maxNumSeqs=16"));
    arguments.addAll(List.of(more));
    return arguments;
  }

  private Path output() {
    return folder.resolve("out");
  }

  /** How the process ended, its last message, and how long after the first call that failed. */
  private record End(int code, String lastLine, Duration afterFault) {}

  private End run(String fault, String... more) throws Exception {
    Path log = folder.resolve("log");
    Path calls = folder.resolve("calls");
    ChildProgram.End ended =
        new ChildProgram(Main.class, log, arguments(more))
            .withDevices("80:8G")
            .with(Map.of("EMU_FAULTS", fault, "EMU_LOG", calls.toString()))
            .run();
    // Both are the system's monotonic clock.
    Duration end = Duration.ofNanos(System.nanoTime());
    // Other threads may still have something for the log.
    List<String> lines =
        ended.text().lines().filter(line -> line.startsWith("highbeam: ")).toList();
    Duration after = end.minus(firstFailure(calls).orElse(end));
    return new End(ended.code(), lines.get(lines.size() - 1), after);
  }

  private static java.util.Optional<Duration> firstFailure(Path calls) throws IOException {
    try (Stream<String> lines = Files.lines(calls)) {
      return lines
          .map(FAILED_CALL::matcher)
          .filter(Matcher::find)
          .map(call -> Duration.ofNanos(1000 * Long.parseLong(call.group(1))))
          .findFirst();
    }
  }

  private void requireNoRows() throws IOException {
    try (Stream<Path> files = Files.walk(output())) {
      assertThat(files).noneMatch(file -> file.toString().endsWith(".parquet"));
    }
    assertThat(output().resolve("_SUCCESS")).doesNotExist();
    assertThat(output().resolve("job.json"))
        .content()
        .contains("\"outcome\" : \"fatal_device\"")
        .contains("\"errors\" : 0");
  }

  @Test
  void S3_7_givenIllegalAccessInThe40thStep_endsWith70SoonAndNamesTheStep() throws Exception {
    End end = run(IN_THE_40TH_STEP + "700");
    assertThat(end.code()).as(end.lastLine()).isEqualTo(70);
    assertThat(end.afterFault()).isBetween(Duration.ofNanos(1), Duration.ofSeconds(5));
    assertThat(end.lastLine())
        .startsWith("highbeam: step 40 failed in op 'decode of 16': ")
        .contains("CUDA_ERROR_ILLEGAL_ADDRESS (700)", "graph 'decode of 16'");
    requireNoRows();
  }

  @Test
  void S3_7_givenIllegalAccessAndSynchronousKernels_namesTheVeryOp() throws Exception {
    End end = run(IN_THE_40TH_STEP + "700", "--cudaSync");
    assertThat(end.code()).as(end.lastLine()).isEqualTo(70);
    assertThat(end.afterFault()).isBetween(Duration.ofNanos(1), Duration.ofSeconds(5));
    assertThat(end.lastLine())
        .startsWith("highbeam: step 40 failed in op 'gather': ")
        .endsWith("; running then: gather");
    requireNoRows();
  }

  @Test
  void S3_8_givenKernelThatHangs_endsWith70AndNamesTheLastLaunch() throws Exception {
    End end = run(IN_THE_40TH_STEP + "hang", "--cudaSync", "--stepTimeoutSeconds=3");
    assertThat(end.code()).as(end.lastLine()).isEqualTo(70);
    assertThat(end.lastLine())
        .startsWith("highbeam: step 40 hangs in op 'gather': no sign of life for 3 s");
    requireNoRows();
  }

  /** The real launcher and program; the device fails in the first two of three starts. */
  @Test
  void S3_7_givenDeviceLostTwice_launcherRestartsUntilAllRowsAreThereAndNoneIsBlamed()
      throws Exception {
    Path launcher = folder.resolve("highbeam");
    Files.copy(ROOT.resolve("highbeam"), launcher);
    Path jar = folder.resolve("runners/direct/target/highbeam.jar");
    Files.createDirectories(jar.getParent());
    Files.createFile(jar);
    Path starts = folder.resolve("starts");
    Path java = folder.resolve("jdk/bin/java");
    Files.createDirectories(java.getParent());
    Files.writeString(
        java,
        String.join(
            "\n",
            "#!/bin/sh",
            "echo start >> '" + starts + "'",
            "while [ \"$1\" != -jar ]; do shift; done; shift 2",
            "[ \"$(wc -l < '"
                + starts
                + "')\" -gt 2 ] || export EMU_FAULTS="
                + IN_THE_40TH_STEP
                + "700",
            "exec '" + String.join("' '", ChildProgram.command(Main.class, List.of())) + "' \"$@\"",
            ""));
    for (Path script : List.of(launcher, java)) {
      Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(arguments());
    ChildProgram.End end =
        new ChildProgram(command, folder.resolve("log"))
            .withDevices("80:8G")
            .with(Map.of("JAVA_HOME", folder.resolve("jdk").toString(), "HIGHBEAM_JAVA_OPTS", ""))
            .run();

    String text = end.text();
    assertThat(end.code()).as(text).isZero();
    assertThat(Files.readAllLines(starts)).hasSize(3);
    assertThat(text)
        .containsSubsequence(
            "highbeam: step 40 failed in op 'decode of 16': ",
            "highbeam: fatal device fault, starting again (1 of 3)...",
            "highbeam: a device was lost, so this start has cuda_sync=true",
            "highbeam: step 40 failed in op 'gather': ",
            "; running then: gather\n",
            "highbeam: fatal device fault, starting again (2 of 3)...",
            "done: " + ROWS + " results and 0 errors from " + ROWS + " rows");
    assertThat(output().resolve("_SUCCESS")).exists();
    assertThat(output().resolve("job.json"))
        .content()
        .contains("\"results\" : " + ROWS)
        .contains("\"errors\" : 0");
  }
}
