// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import dev.highbeam.pipelines.job.JobStarter;
import dev.highbeam.pipelines.options.JobSetting;
import dev.highbeam.pipelines.options.JobSettings;
import dev.highbeam.pipelines.options.SettingGroup;
import dev.highbeam.pipelines.options.UsageException;
import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.InvalidSettingException;
import dev.highbeam.runtime.engine.EngineProvider;
import dev.highbeam.runtime.engine.ModelCheck;
import dev.highbeam.transforms.read.InputFact;
import dev.highbeam.transforms.read.Survey;
import dev.highbeam.transforms.shards.Manifest;
import dev.highbeam.transforms.shards.WorkList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
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

    /** How many workers a job will have; asked when the job really starts. */
    default int workers(JobSettings settings) {
      return (Integer) settings.job().require(JobSetting.TARGET_PARALLELISM);
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

  private final RunnerOptions runner;
  private final EngineProvider provider;
  private final Function<EngineConfig, String> weights;

  public BeamStarter(RunnerOptions runner, EngineProvider provider) {
    this(runner, provider, ModelCheck::fingerprint);
  }

  /**
   * A starter over models that are known by other means than their files.
   *
   * @param weights the fingerprint of a configuration's model
   */
  public BeamStarter(
      RunnerOptions runner, EngineProvider provider, Function<EngineConfig, String> weights) {
    this.runner = runner;
    this.provider = provider;
    this.weights = weights;
  }

  @Override
  public Prepared prepare(JobSettings settings) {
    runner.check(settings);
    Path output = Path.of(settings.text(JobSetting.OUTPUT));
    GeneratePipeline pipelines = new GeneratePipeline(settings, output, provider);
    EarlierWork earlier =
        settings.text(JobSetting.MODE).equals("resume")
            ? EarlierWork.in(output, settings, () -> fingerprint(settings))
            : EarlierWork.NONE;
    Manifest manifest = earlier.manifest();
    if (manifest != null) {
      return Prepared.resuming(folder -> new FinishedRun(manifest));
    }
    WorkList work = earlier.workList();
    if (work != null) {
      return Prepared.resuming(folder -> new GenerateRun(pipelines, runner, work));
    }
    return begin(settings, pipelines);
  }

  private Prepared begin(JobSettings settings, GeneratePipeline pipelines) {
    String input = settings.text(JobSetting.INPUT);
    try {
      // Before the survey: what changes while it reads is noticed by the next run.
      List<InputFact> facts = InputFact.of(List.of(input));
      Survey survey = Survey.of(List.of(input));
      checkColumns(pipelines, survey);
      TreeMap<String, String> fingerprint = new TreeMap<>(fingerprint(settings));
      GeneratePipeline reusing =
          pipelines.reusing(ReusedOutput.of(settings, pipelines.output(), fingerprint));
      WorkList header = WorkList.header(fingerprint, facts, survey.columns(), survey.rowCount());
      return folder -> new GenerateRun(reusing, runner, survey, header);
    } catch (InvalidSettingException e) {
      throw new UsageException(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new UsageException("--input: " + input + " cannot be read: " + e.getMessage(), e);
    }
  }

  private Map<String, String> fingerprint(JobSettings settings) {
    try {
      return JobFingerprint.of(settings, weights.apply(EngineConfig.of(settings.engine())));
    } catch (EngineException e) {
      throw new UsageException("--model: " + e.getMessage(), e);
    }
  }

  private static void checkColumns(GeneratePipeline pipelines, Survey survey) {
    try {
      pipelines.prepare(survey.columns());
    } catch (InvalidSettingException e) {
      throw new UsageException(e.getMessage() + " (" + columns(survey) + ")", e);
    }
  }

  private static String columns(Survey survey) {
    List<String> names = survey.columns().list().stream().map(c -> c.name()).limit(20).toList();
    return "the columns are " + String.join(", ", names);
  }
}
