// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assertions;

/**
 * The program in a process of its own, with the tests' class path and with the emulated driver as
 * the machine's driver, or with none.
 */
final class ChildProgram {

  private static final Path ROOT =
      Path.of(System.getProperty("highbeam.root", "../..")).toAbsolutePath().normalize();

  private final Path log;
  private final ProcessBuilder builder;

  /** How the process ended, and what it said. */
  record End(int code, String text) {}

  /**
   * A process that has not started.
   *
   * @param log the file for what it says
   */
  ChildProgram(Class<?> main, Path log, List<String> arguments) {
    this(command(main, arguments), log);
  }

  /** A process of any command. */
  ChildProgram(List<String> command, Path log) {
    this.log = log;
    builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    for (String name :
        List.of("LD_LIBRARY_PATH", "EMU_DEVICES", "CUDA_VISIBLE_DEVICES", "HIGHBEAM_RESTARTS")) {
      builder.environment().remove(name);
    }
  }

  /** The command that starts a program with the tests' class path. */
  static List<String> command(Class<?> main, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx1g", "--add-modules", "jdk.incubator.vector"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    return command;
  }

  /**
   * Gives the process emulated devices, or skips the test.
   *
   * @param devices as EMU_DEVICES of kernels/src/test/native/emulator/README.md
   */
  ChildProgram withDevices(String devices) {
    return with(Map.of("LD_LIBRARY_PATH", emulator().toString(), "EMU_DEVICES", devices));
  }

  /** The folder of the emulated driver, or a skipped test. */
  static Path emulator() {
    Path emulator = ROOT.resolve("kernels/target/emulator");
    String reason = "there is no " + emulator + "/libcuda.so.1: building it needs nvcc and g++";
    boolean present = Files.exists(emulator.resolve("libcuda.so.1"));
    if (!present && Boolean.getBoolean("gpu.required")) {
      Assertions.fail(reason);
    }
    assumeTrue(present, reason);
    return emulator;
  }

  ChildProgram with(Map<String, String> environment) {
    builder.environment().putAll(environment);
    return this;
  }

  Process start() throws IOException {
    return builder.start();
  }

  End run() throws IOException, InterruptedException {
    int code = start().waitFor();
    return new End(code, Files.readString(log));
  }
}
