// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.engine.FaultyEngines.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher's script with a java of the test's own. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a POSIX shell script")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class LauncherTest {

  private static final Path ROOT =
      Path.of(System.getProperty("highbeam.root", "../..")).toAbsolutePath();

  @TempDir Path folder;

  @BeforeEach
  void copyLauncher() throws IOException {
    Files.copy(ROOT.resolve("highbeam"), folder.resolve("highbeam"));
    Files.setPosixFilePermissions(
        folder.resolve("highbeam"), PosixFilePermissions.fromString("rwxr-xr-x"));
    Path jar = folder.resolve("runners/direct/target/highbeam.jar");
    Files.createDirectories(jar.getParent());
    Files.createFile(jar);
  }

  /** A java that notes its call in a file and then runs the script. */
  private void writeJava(String script) throws IOException {
    Path java = folder.resolve("jdk/bin/java");
    Files.createDirectories(java.getParent());
    Files.writeString(
        java,
        "#!/bin/sh\necho \"restarts=$HIGHBEAM_RESTARTS $*\" >> '"
            + calls()
            + "'\n"
            + script
            + "\n");
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Path calls() {
    return folder.resolve("calls");
  }

  private int launch(String... arguments) throws Exception {
    List<String> command = new java.util.ArrayList<>(List.of("" + folder.resolve("highbeam")));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
    builder.environment().remove("HIGHBEAM_JAVA_OPTS");
    // Of a launcher that runs these tests: it counts for that one alone.
    builder.environment().put("HIGHBEAM_RESTARTS", "7");
    builder.redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile());
    return builder.start().waitFor();
  }

  private String log() throws IOException {
    return Files.readString(folder.resolve("log"));
  }

  @Test
  void givenDeviceThatIsLostForGood_startsThreeTimesMoreAndGivesUp() throws Exception {
    writeJava("exit 70");
    assertThat(launch("generate", "--output=a b")).isEqualTo(70);
    assertThat(Files.readAllLines(calls()))
        .hasSize(4)
        .allMatch(call -> call.endsWith("highbeam.jar generate --output=a b"));
    assertThat(Files.readAllLines(calls()))
        .extracting(call -> call.substring(0, call.indexOf(' ')))
        .containsExactly("restarts=", "restarts=1", "restarts=2", "restarts=3");
    assertThat(log()).contains("starting again (1 of 3)").contains("starting again (3 of 3)");
  }

  @Test
  void givenOtherEnds_startsOnce() throws Exception {
    for (int code : new int[] {0, 1, 2, 3}) {
      Files.deleteIfExists(calls());
      writeJava("exit " + code);
      assertThat(launch("doctor")).isEqualTo(code);
      assertThat(Files.readAllLines(calls())).hasSize(1);
    }
  }

  @Test
  void givenDeviceLostTwice_theThirdRunDoesTheWholeJob() throws Exception {
    // The real program as child, over a device with a planted fault in the first two runs.
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    writeJava(
        String.join(
            "\n",
            "while [ \"$1\" != -jar ]; do shift; done; shift 2",
            "fault=" + Fault.NONE,
            "[ \"$(wc -l < '" + calls() + "')\" -gt 2 ] || fault=" + Fault.LOST,
            "exec '" + java + "' -Xmx512m --add-modules jdk.incubator.vector \\",
            "  -Dplanted.fault=$fault -Dplanted.file='" + folder.resolve("planted") + "' \\",
            "  -cp '" + System.getProperty("java.class.path") + "' \\",
            "  " + FaultyMain.class.getName() + " \"$@\""));
    Path input = folder.resolve("in.jsonl");
    Files.write(input, Collections.nCopies(60, "{\"prompt\": \"Message: hello\"}"));
    int code =
        launch(
            "generate",
            "--model=" + ROOT.resolve("examples/demo/model"),
            "--input=" + input,
            "--output=" + folder.resolve("out"),
            "--ignoreEos",
            "--maxTokens=16",
            "--maxNumSeqs=16");
    assertThat(code).as(log()).isZero();
    assertThat(Files.readAllLines(calls())).hasSize(3);
    assertThat(folder.resolve("out/_SUCCESS")).exists();
    assertThat(folder.resolve("out/job.json")).content().contains("\"results\" : 60");
  }
}
