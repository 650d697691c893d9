// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import dev.highbeam.pipelines.job.JobRun;
import dev.highbeam.pipelines.job.JobStarter;
import dev.highbeam.pipelines.options.JobSetting;
import dev.highbeam.pipelines.options.JobSettings;
import dev.highbeam.pipelines.options.SettingGroup;
import dev.highbeam.pipelines.options.UsageException;
import dev.highbeam.runtime.api.InvalidSettingException;
import dev.highbeam.runtime.engine.EngineProvider;
import dev.highbeam.transforms.Prepare;
import dev.highbeam.transforms.read.Survey;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.options.PipelineOptions;

/** Runs jobs as Beam pipelines on the runner that the given options name. */
public final class BeamStarter implements JobStarter {

  /** What a runner contributes. */
  @FunctionalInterface
  public interface RunnerOptions {

    /** The runner's options for a job, made only when the job really starts. */
    PipelineOptions of(JobSettings settings);

    /**
     * Looks at the settings before the input is read or anything is removed.
     *
     * @throws UsageException if the job cannot run here as asked
     */
    default void check(JobSettings settings) {
      refuse(settings, SettingGroup.FLINK, "the Flink runner's, and this is the Direct runner");
    }

    /** Starts the pipeline and returns at once. */
    default PipelineResult run(Pipeline pipeline) {
      return pipeline.run();
    }

    /** Whether the rows pass through this process, so that its own counters see them all. */
    default boolean isInProcess() {
      return true;
    }
  }

  /**
   * Refuses settings of a group that the layers of a job set.
   *
   * @throws UsageException if there are any
   */
  public static void refuse(JobSettings settings, SettingGroup group, String why) {
    for (JobSetting setting : settings.job().explicit().keySet()) {
      if (setting.group() == group) {
        throw new UsageException("--" + setting.optionName() + " is " + why);
      }
    }
  }

  private static final AtomicLong JOBS = new AtomicLong();

  private final RunnerOptions runner;
  private final EngineProvider provider;

  public BeamStarter(RunnerOptions runner, EngineProvider provider) {
    this.runner = runner;
    this.provider = provider;
  }

  @Override
  public Prepared prepare(JobSettings settings) {
    runner.check(settings);
    Survey survey = survey(settings);
    String job = "job-" + ProcessHandle.current().pid() + "-" + JOBS.incrementAndGet();
    GeneratePipeline wiring = new GeneratePipeline(settings, survey, provider, job);
    Prepare prepare;
    try {
      prepare = wiring.prepare();
    } catch (InvalidSettingException e) {
      throw new UsageException(e.getMessage() + " (" + columns(survey) + ")", e);
    }
    return output -> start(wiring, prepare, output);
  }

  private JobRun start(GeneratePipeline wiring, Prepare prepare, Path output) {
    Pipeline pipeline = Pipeline.create(runner.of(wiring.settings()));
    wiring.addTo(pipeline, prepare, output);
    return new BeamRun(runner.run(pipeline), wiring, runner.isInProcess());
  }

  private static Survey survey(JobSettings settings) {
    String input = settings.text(JobSetting.INPUT);
    try {
      return Survey.of(List.of(input));
    } catch (InvalidSettingException e) {
      throw new UsageException(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new UsageException("--input: " + input + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static String columns(Survey survey) {
    List<String> names = survey.columns().list().stream().map(c -> c.name()).limit(20).toList();
    return "the columns are " + String.join(", ", names);
  }
}
