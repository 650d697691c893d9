// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.cli;

import dev.highbeam.pipelines.job.EngineSnapshot;
import dev.highbeam.pipelines.job.GenerateJob;
import dev.highbeam.pipelines.job.JobStarter;
import dev.highbeam.pipelines.job.Preflight;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Finding;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.engine.DeviceCheck;
import java.io.PrintWriter;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the command line uses of the world below it, so that tests can put fakes there.
 *
 * @param models looks at a model without loading it
 * @param starter runs the rows
 * @param running the engine that runs in this process, or null
 * @param devices looks at the devices of this machine
 */
public record Engines(
    Preflight.ModelChecker models,
    JobStarter starter,
    Supplier<@Nullable EngineSnapshot> running,
    DeviceChecker devices) {

  /** Looks at the devices of this machine. */
  @FunctionalInterface
  public interface DeviceChecker {
    List<Finding> look(Settings<EngineSetting> settings);
  }

  /** The world with the devices of this machine. */
  public Engines(
      Preflight.ModelChecker models,
      JobStarter starter,
      Supplier<@Nullable EngineSnapshot> running) {
    this(models, starter, running, DeviceCheck::look);
  }

  GenerateJob.Surroundings around(String command, PrintWriter err, boolean isTerminal) {
    return new GenerateJob.Surroundings(
        command, new Preflight(models), starter, running, err, isTerminal);
  }
}
