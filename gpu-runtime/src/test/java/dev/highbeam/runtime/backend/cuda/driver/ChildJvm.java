// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A JVM of its own with this one's class path. Closing it kills it if it still runs. */
final class ChildJvm implements AutoCloseable {

  private static final long TIMEOUT_SECONDS = 120;

  private final Process process;
  private final BufferedReader output;

  private ChildJvm(Process process) {
    this.process = process;
    this.output = process.inputReader(StandardCharsets.UTF_8);
  }

  /** What is to be run, and how. */
  static final class Builder {
    private final Class<?> main;
    private final List<String> jvmOptions = new ArrayList<>();
    private final ProcessBuilder builder = new ProcessBuilder();

    private Builder(Class<?> main) {
      this.main = main;
    }

    Builder property(String name, Object value) {
      jvmOptions.add("-D" + name + "=" + value);
      return this;
    }

    /** A variable of the environment; null removes it. */
    Builder environment(String name, Object value) {
      if (value == null) {
        builder.environment().remove(name);
      } else {
        builder.environment().put(name, value.toString());
      }
      return this;
    }

    /** Starts it; its two outputs come as one. */
    ChildJvm start(Object... arguments) {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(jvmOptions);
      command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp"));
      command.add(System.getProperty("java.class.path"));
      command.add(main.getName());
      Arrays.stream(arguments).map(Object::toString).forEach(command::add);
      try {
        return new ChildJvm(builder.command(command).redirectErrorStream(true).start());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  static Builder of(Class<?> main) {
    return new Builder(main);
  }

  /** Its next line of output, null at the end. */
  String readLine() {
    try {
      return output.readLine();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Lets a child that waits for input go on. */
  void sendLine(String line) {
    try {
      process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The rest of its output, once it has ended. */
  String finish() {
    String rest = output.lines().collect(Collectors.joining("\n"));
    exitCode();
    return rest;
  }

  int exitCode() {
    try {
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the child does not end");
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  long pid() {
    return process.pid();
  }

  /** Ends it as a crash would. */
  void kill() {
    process.destroyForcibly();
    exitCode();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
