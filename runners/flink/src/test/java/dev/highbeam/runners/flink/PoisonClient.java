// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import dev.highbeam.pipelines.BeamStarter;
import dev.highbeam.pipelines.cli.Engines;
import dev.highbeam.pipelines.cli.Highbeam;
import dev.highbeam.pipelines.cli.Terminal;
import dev.highbeam.runtime.engine.ModelCheck;
import dev.highbeam.runtime.engine.PoisonEngines;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The program as a client of a cluster whose workers have {@link PoisonEngines}; wired as {@link
 * Main} wires the real ones.
 */
final class PoisonClient {

  private PoisonClient() {}

  public static void main(String[] args) throws InterruptedException {
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    Engines engines =
        new Engines(
            ModelCheck::check,
            new BeamStarter(new FlinkRunnerOptions(), PoisonEngines.provider()),
            () -> null);
    System.exit(new Highbeam(Terminal.of(err, err, Map.of()), engines).run(args));
  }
}
