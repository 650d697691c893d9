// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
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
        for (String file : files(Path.of(place))) {
          if (file.endsWith(".class") && !file.endsWith("-info.class")) {
            String name = file.substring(0, file.length() - ".class".length()).replace('/', '.');
            Class.forName(name, true, InitialiseAll.class.getClassLoader());
            count++;
          }
        }
      }
      System.out.println("initialised " + count);
    }

    /** What is ours: folders of classes, and jars where a build has packed them already. */
    private static List<String> files(Path place) throws IOException {
      if (place.endsWith("target/classes")) {
        try (Stream<Path> files = Files.walk(place)) {
          return files.map(file -> place.relativize(file).toString()).toList();
        }
      }
      String name = String.valueOf(place.getFileName());
      if (name.startsWith("highbeam-") && name.endsWith(".jar")) {
        try (JarFile jar = new JarFile(place.toFile())) {
          return jar.stream().map(JarEntry::getName).toList();
        }
      }
      return List.of();
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
