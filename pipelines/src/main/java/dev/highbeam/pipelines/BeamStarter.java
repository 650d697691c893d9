// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import dev.highbeam.pipelines.job.JobRun;
import dev.highbeam.pipelines.job.JobStarter;
import dev.highbeam.pipelines.options.JobSetting;
import dev.highbeam.pipelines.options.JobSettings;
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
import org.apache.beam.sdk.options.PipelineOptions;

/** Runs jobs as Beam pipelines on the runner that the given options name. */
public final class BeamStarter implements JobStarter {

  /** What a runner contributes: its options for a job, made only when the job really starts. */
  @FunctionalInterface
  public interface RunnerOptions {
    PipelineOptions of(JobSettings settings);
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
    return new BeamRun(pipeline.run(), wiring);
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
