// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.cli;

import dev.highbeam.pipelines.job.EngineSnapshot;
import dev.highbeam.pipelines.job.GenerateJob;
import dev.highbeam.pipelines.job.JobStarter;
import dev.highbeam.pipelines.job.Preflight;
import java.io.PrintWriter;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the command line uses of the world below it, so that tests can put fakes there.
 *
 * @param models looks at a model without loading it
 * @param starter runs the rows
 * @param running the engine that runs in this process, or null
 */
public record Engines(
    Preflight.ModelChecker models, JobStarter starter, Supplier<@Nullable EngineSnapshot> running) {

  GenerateJob.Surroundings around(String command, PrintWriter err, boolean isTerminal) {
    return new GenerateJob.Surroundings(
        command, new Preflight(models), starter, running, err, isTerminal);
  }
}
