// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** S3-1: no driver is called before a worker sets an engine up. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "drivers are found by LD_LIBRARY_PATH")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class NoCudaBeforeSetupTest {

  private static final Path MODEL =
      Path.of(System.getProperty("highbeam.root", "../.."), "examples/demo/model").toAbsolutePath();

  @TempDir Path folder;

  /** Initialises every class of ours; a child's main program. */
  static final class InitialiseAll {
    private InitialiseAll() {}

    public static void main(String[] args) throws Exception {
      int count = 0;
      for (String place : System.getProperty("java.class.path").split(":", -1)) {
        if (place.endsWith("target/classes")) {
          for (String name : classes(Path.of(place))) {
            Class.forName(name, true, InitialiseAll.class.getClassLoader());
            count++;
          }
        }
      }
      System.out.println("initialised " + count);
    }

    private static List<String> classes(Path root) {
      try (Stream<Path> files = Files.walk(root)) {
        return files
            .map(file -> root.relativize(file).toString())
            .filter(file -> file.endsWith(".class") && !file.endsWith("-info.class"))
            .map(file -> file.substring(0, file.length() - ".class".length()).replace('/', '.'))
            .toList();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private record Run(int code, String text, List<String> calls) {}

  private Run run(Class<?> program, String... arguments) throws Exception {
    Path calls = Files.createTempFile(folder, "calls", "");
    ChildProgram.End end =
        new ChildProgram(program, folder.resolve("log"), List.of(arguments))
            .withDevices("80:8G")
            .with(Map.of("EMU_LOG", calls.toString()))
            .run();
    return new Run(end.code(), end.text(), Files.readAllLines(calls));
  }

  @Test
  void S3_1_givenEveryClassInitialised_noDriverIsCalled() throws Exception {
    Run run = run(InitialiseAll.class);
    assertThat(run.code()).as(run.text()).isZero();
    assertThat(run.text()).containsPattern("initialised [3-9]\\d\\d");
    assertThat(run.calls()).isEmpty();
  }

  @Test
  void S3_1_givenCommandThatEndsInTheLauncher_noDriverIsCalled() throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "generate",
                "--model=" + MODEL,
                "--device=cuda",
                "--output=" + folder.resolve("out")));
    arguments.add("--input=" + folder.resolve("absent.jsonl"));
    Run absent = run(Main.class, arguments.toArray(String[]::new));
    assertThat(absent.code()).as(absent.text()).isEqualTo(2);
    assertThat(absent.calls()).isEmpty();
    Run help = run(Main.class, "generate", "--help");
    assertThat(help.code()).isZero();
    assertThat(help.calls()).isEmpty();

    // The log works: doctor, which is there to ask the driver, leaves its calls.
    assertThat(run(Main.class, "doctor").calls()).isNotEmpty();
  }
}
