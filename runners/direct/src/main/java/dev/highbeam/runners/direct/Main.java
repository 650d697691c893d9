// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import dev.highbeam.pipelines.BeamStarter;
import dev.highbeam.pipelines.cli.Engines;
import dev.highbeam.pipelines.cli.Highbeam;
import dev.highbeam.pipelines.cli.Terminal;
import dev.highbeam.pipelines.job.EngineSnapshot;
import dev.highbeam.pipelines.job.ExitCode;
import dev.highbeam.runtime.engine.EngineProvider;
import dev.highbeam.runtime.engine.ModelCheck;
import dev.highbeam.runtime.engine.SharedEngines;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Starts the program. It owns its process, so a lost device ends it ({@link FatalExit}); a pipeline
 * that uses the transforms in a process of its own only fails. A signal begins the JVM's shutdown,
 * in which the running job is stopped and its record written; the JVM then ends with 128 plus the
 * signal's number by itself.
 */
public final class Main {

  private Main() {}

  public static void main(String[] args) throws InterruptedException {
    FatalExit fatalExit = new FatalExit(writer(FileDescriptor.err));
    SharedEngines.onFatal(fatalExit);
    run(args, SharedEngines::acquire, Main::running);
  }

  /** Runs a command over the given engines and ends the JVM with its exit code. */
  static void run(
      String[] args, EngineProvider provider, Supplier<@Nullable EngineSnapshot> running)
      throws InterruptedException {
    Terminal terminal =
        Terminal.of(writer(FileDescriptor.out), writer(FileDescriptor.err), System.getenv());
    Engines engines =
        new Engines(ModelCheck::check, new BeamStarter(DirectRunnerOptions::of, provider), running);
    Highbeam highbeam = new Highbeam(terminal, engines);
    Runtime.getRuntime().addShutdownHook(new Thread(highbeam::stop, "highbeam-shutdown"));
    int code = highbeam.run(args);
    if (code == ExitCode.FATAL_DEVICE.number()) {
      FatalExit.now(); // Hooks that close engines could wait for the lost device.
    }
    if (highbeam.isStopping()) {
      new CountDownLatch(1).await(); // To exit now could overtake the signal's own exit code.
    }
    System.exit(code);
  }

  /** What runs here; a job has one engine, or several that count as one. */
  static @Nullable EngineSnapshot running() {
    return SharedEngines.running().entrySet().stream()
        .findFirst()
        .map(engine -> new EngineSnapshot(engine.getKey(), engine.getValue()))
        .orElse(null);
  }

  static PrintWriter writer(FileDescriptor descriptor) {
    return new PrintWriter(
        new OutputStreamWriter(new FileOutputStream(descriptor), StandardCharsets.UTF_8));
  }
}
