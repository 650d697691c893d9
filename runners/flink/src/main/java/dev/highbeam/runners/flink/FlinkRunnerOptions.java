// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import dev.highbeam.pipelines.BeamStarter;
import dev.highbeam.pipelines.options.JobSetting;
import dev.highbeam.pipelines.options.JobSettings;
import dev.highbeam.pipelines.options.SettingGroup;
import dev.highbeam.pipelines.options.UsageException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import java.util.Locale;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.runners.flink.FlinkRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/**
 * The Flink runner's part of a job. Batch jobs run in DataSet mode: there a TaskManager's loss
 * costs the rows in flight, and retries follow the restart strategy, which no option of Beam can
 * set. Hence the look at the cluster before anything is submitted.
 */
final class FlinkRunnerOptions implements BeamStarter.RunnerOptions {

  @Override
  public void check(JobSettings settings) {
    BeamStarter.refuse(
        settings, SettingGroup.DIRECT, "the Direct runner's; on Flink say --parallelism");
    if (!Main.isFlinkHere()) {
      throw new UsageException(
          "Flink's own classes are missing: start this jar with 'flink run', or put the jars of a"
              + " Flink 1.19 beside it on the class path");
    }
    try (Cluster cluster = Cluster.of(settings.text(JobSetting.FLINK_MASTER))) {
      RestartRule rule = cluster.restartRule();
      if (!rule.restarts() && !settings.isOn(JobSetting.ALLOW_NO_RESTART)) {
        throw new UsageException(rule.refusal());
      }
    }
  }

  @Override
  public PipelineOptions of(JobSettings settings) {
    String master = settings.text(JobSetting.FLINK_MASTER);
    FlinkPipelineOptions options = PipelineOptionsFactory.create().as(FlinkPipelineOptions.class);
    options.setRunner(FlinkRunner.class);
    options.setFlinkMaster(master);
    options.setParallelism(parallelism(settings, master));
    options.setFasterCopy(true); // Nobody changes an element that was given on.
    options.setAttachedMode(false); // The job watches the pipeline itself.
    options.setFilesToStage(List.of(ownJar().toString()));
    options.setJobName(jobName());
    return options;
  }

  @Override
  public PipelineResult run(Pipeline pipeline) {
    FlinkPipelineOptions options = pipeline.getOptions().as(FlinkPipelineOptions.class);
    String name = options.getJobName();
    Cluster cluster = Cluster.of(options.getFlinkMaster());
    pipeline.run(); // Its own result tells less than the cluster does.
    return new ClusterResult(cluster, cluster.jobNamed(name));
  }

  @Override
  public int workers(JobSettings settings) {
    return parallelism(settings, settings.text(JobSetting.FLINK_MASTER));
  }

  @Override
  public boolean isInProcess() {
    return false;
  }

  private static int parallelism(JobSettings settings, String master) {
    Object asked = settings.get(JobSetting.PARALLELISM);
    if (asked != null) {
      return (Integer) asked;
    }
    try (Cluster cluster = Cluster.of(master)) {
      return cluster.slots();
    }
  }

  /** A name that no other job has, because it is by its name that a job's number is found. */
  private static String jobName() {
    return String.format(
        Locale.ROOT,
        "highbeam-generate-%d-%s",
        ProcessHandle.current().pid(),
        Long.toString(System.currentTimeMillis(), 36));
  }

  /** The one file that goes to the cluster. */
  private static Path ownJar() {
    try {
      CodeSource source = Main.class.getProtectionDomain().getCodeSource();
      if (source != null) {
        Path jar = Path.of(source.getLocation().toURI());
        if (Files.isRegularFile(jar)) {
          return jar;
        }
      }
    } catch (URISyntaxException e) {
      throw new IllegalStateException("a class path with a place that is no URI", e);
    }
    throw new UsageException("the program must be started from its jar, highbeam-flink.jar");
  }
}
