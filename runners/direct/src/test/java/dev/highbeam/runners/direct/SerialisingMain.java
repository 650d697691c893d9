// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import dev.highbeam.pipelines.BeamStarter;
import dev.highbeam.pipelines.cli.Engines;
import dev.highbeam.pipelines.cli.Highbeam;
import dev.highbeam.pipelines.cli.Terminal;
import dev.highbeam.runtime.engine.ModelCheck;
import dev.highbeam.runtime.engine.SharedEngines;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.PipelineRunner;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.util.construction.PipelineTranslation;

/**
 * The program, but its pipeline is serialised before it runs, as a runner of many machines would;
 * at that moment it says how many calls the emulated driver has seen.
 */
public final class SerialisingMain {

  private SerialisingMain() {}

  /** Serialises, reports, and hands over to the Direct runner. */
  public static final class Runner extends PipelineRunner<PipelineResult> {

    private final PipelineOptions options;

    private Runner(PipelineOptions options) {
      this.options = options;
    }

    /** Called by Beam. */
    public static Runner fromOptions(PipelineOptions options) {
      return new Runner(options);
    }

    @Override
    public PipelineResult run(Pipeline pipeline) {
      int bytes = PipelineTranslation.toProto(pipeline).toByteArray().length;
      System.err.println("serialised " + bytes + " bytes after " + calls() + " calls");
      return DirectRunner.fromOptions(options).run(pipeline);
    }

    private static int calls() {
      String log = System.getenv("EMU_LOG");
      try {
        return log == null || !Files.exists(Path.of(log))
            ? 0
            : Files.readAllLines(Path.of(log)).size();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  public static void main(String[] args) throws InterruptedException {
    PrintWriter err = Main.writer(FileDescriptor.err);
    BeamStarter starter =
        new BeamStarter(
            settings -> {
              PipelineOptions options = DirectRunnerOptions.of(settings);
              options.setRunner(Runner.class);
              return options;
            },
            SharedEngines::acquire);
    int code =
        new Highbeam(
                Terminal.of(err, err, System.getenv()),
                new Engines(ModelCheck::check, starter, Main::running))
            .run(args);
    Runtime.getRuntime().halt(code);
  }
}
