// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import dev.highbeam.pipelines.BeamStarter;
import dev.highbeam.pipelines.cli.Engines;
import dev.highbeam.pipelines.cli.Highbeam;
import dev.highbeam.pipelines.cli.Terminal;
import dev.highbeam.pipelines.job.EngineSnapshot;
import dev.highbeam.runtime.engine.ModelCheck;
import dev.highbeam.runtime.engine.SharedEngines;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Starts the program. A signal begins the JVM's shutdown, in which the running job is stopped and
 * its record written; the JVM then ends with 128 plus the signal's number by itself.
 */
public final class Main {

  private Main() {}

  public static void main(String[] args) throws InterruptedException {
    Terminal terminal =
        Terminal.of(writer(FileDescriptor.out), writer(FileDescriptor.err), System.getenv());
    Engines engines =
        new Engines(
            ModelCheck::check,
            new BeamStarter(DirectRunnerOptions::of, SharedEngines::acquire),
            Main::running);
    Highbeam highbeam = new Highbeam(terminal, engines);
    Runtime.getRuntime().addShutdownHook(new Thread(highbeam::stop, "highbeam-shutdown"));
    int code = highbeam.run(args);
    System.exit(code);
  }

  /** The first engine that runs here; a job has one. */
  static @Nullable EngineSnapshot running() {
    return SharedEngines.running().entrySet().stream()
        .findFirst()
        .map(engine -> new EngineSnapshot(engine.getKey(), engine.getValue()))
        .orElse(null);
  }

  private static PrintWriter writer(FileDescriptor descriptor) {
    return new PrintWriter(
        new OutputStreamWriter(new FileOutputStream(descriptor), StandardCharsets.UTF_8));
  }
}
