// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import dev.highbeam.pipelines.job.OutputFolder;
import dev.highbeam.pipelines.options.EffectiveConfig;
import dev.highbeam.pipelines.options.JobSetting;
import dev.highbeam.pipelines.options.JobSettings;
import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.engine.EngineProvider;
import dev.highbeam.transforms.ArrangeWork;
import dev.highbeam.transforms.Arranging;
import dev.highbeam.transforms.Generate;
import dev.highbeam.transforms.InferShards;
import dev.highbeam.transforms.Prepare;
import dev.highbeam.transforms.Reuse;
import dev.highbeam.transforms.read.Survey;
import dev.highbeam.transforms.rows.Columns;
import dev.highbeam.transforms.shards.Manifest;
import dev.highbeam.transforms.shards.Shard;
import dev.highbeam.transforms.shards.ShardCommit;
import dev.highbeam.transforms.shards.WorkFolder;
import dev.highbeam.transforms.shards.WorkList;
import dev.highbeam.transforms.write.MergeShards;
import dev.highbeam.transforms.write.ShardFiles;
import dev.highbeam.transforms.write.WriteResults;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.beam.sdk.Pipeline;
import org.jspecify.annotations.Nullable;

/**
 * The generate job as three pipelines: arrange the work list, infer its shards, finish. Each can be
 * run again, and goes on from what it finds in the output folder.
 *
 * @param settings the job's, resolved
 * @param output the output folder
 * @param provider where engines come from
 * @param reuse rows of another job, or null
 */
record GeneratePipeline(
    JobSettings settings, Path output, EngineProvider provider, @Nullable Reuse reuse) {

  private static final String CONFIG_ENTRY = "highbeam.config";
  private static final String CONFIG_HASH_ENTRY = "highbeam.config_sha256";

  /** A job that takes no rows of another. */
  GeneratePipeline(JobSettings settings, Path output, EngineProvider provider) {
    this(settings, output, provider, null);
  }

  /** This job with rows of another. */
  GeneratePipeline reusing(@Nullable Reuse rows) {
    return new GeneratePipeline(settings, output, provider, rows);
  }

  /** Reads and prepares the input and cuts it into shards, enough of them for these workers. */
  void arrange(Pipeline pipeline, Survey survey, WorkList header, int workers, String progress) {
    ArrangeWork.ShardSize size = new ArrangeWork.ShardSize(workers, number(JobSetting.SHARD_ROWS));
    pipeline.apply(
        "Arrange",
        ArrangeWork.of(
            survey,
            prepare(survey.columns()),
            folder(),
            header,
            files(survey.columns()),
            size,
            arranging(),
            progress));
  }

  private Arranging arranging() {
    Arranging arranging =
        new Arranging(
            settings.isOn(JobSetting.DEDUPE),
            settings.isOn(JobSetting.GROUP_PREFIXES),
            settings.isOn(JobSetting.LONGEST_FIRST));
    return reuse == null ? arranging : arranging.reusing(reuse);
  }

  /** Computes what is missing of these shards. */
  void infer(
      Pipeline pipeline,
      Columns columns,
      List<Shard> shards,
      Set<String> earlier,
      String progress) {
    InferShards.Settings infer =
        new InferShards.Settings(
            generate(columns).withJobName(progress),
            number(JobSetting.JOURNAL_ROWS),
            Duration.ofSeconds(number(JobSetting.JOURNAL_SECONDS)),
            new TreeSet<>(earlier));
    pipeline.apply("Infer", InferShards.of(infer, folder(), files(columns), shards));
  }

  /** Puts the files of all shards together. */
  void finish(
      Pipeline pipeline,
      Columns columns,
      WorkList work,
      List<ShardCommit> commits,
      Manifest header) {
    MergeShards.Targets targets =
        new MergeShards.Targets(
            output.toAbsolutePath().normalize().resolve(OutputFolder.RESULTS),
            output.toAbsolutePath().normalize().resolve(OutputFolder.ERRORS));
    EffectiveConfig config = EffectiveConfig.of(settings.effective());
    Map<String, String> metadata =
        Map.of(CONFIG_ENTRY, config.json(), CONFIG_HASH_ENTRY, config.sha256());
    pipeline.apply(
        "Finish",
        MergeShards.of(work, commits, header, folder(), files(columns), targets, metadata));
  }

  /**
   * How records become requests.
   *
   * @throws dev.highbeam.runtime.api.InvalidSettingException if a column that the settings name is
   *     not in the input
   */
  Prepare prepare(Columns columns) {
    Prepare prepare =
        Prepare.columns(columns)
            .withIdColumn(settings.text(JobSetting.ID_COLUMN))
            .withSampling(settings.sampling());
    Object template = settings.get(JobSetting.PROMPT_TEMPLATE);
    prepare =
        template == null
            ? prepare.withPromptColumn(settings.text(JobSetting.PROMPT_COLUMN))
            : prepare.withTemplate((String) template);
    return settings.isOn(JobSetting.ROW_PARAMETERS) ? prepare : prepare.withoutRowParameters();
  }

  WorkFolder folder() {
    return WorkFolder.in(output);
  }

  private Generate generate(Columns columns) {
    Generate generate =
        Generate.with(provider, EngineConfig.of(settings.engine()))
            .withColumns(columns)
            .withSeed((Long) settings.job().require(JobSetting.SEED));
    return settings.isOn(JobSetting.OUTPUT_TOKEN_IDS) ? generate.withOutputTokenIds() : generate;
  }

  private ShardFiles files(Columns columns) {
    WriteResults write =
        WriteResults.to(output.resolve(OutputFolder.RESULTS), columns)
            .withIdColumn(settings.text(JobSetting.ID_COLUMN))
            .withLogprobsIn(settings.sampling());
    return ShardFiles.laidOutAs(
        settings.isOn(JobSetting.OUTPUT_TOKEN_IDS) ? write.withOutputTokenIds() : write);
  }

  private int number(JobSetting setting) {
    return (Integer) settings.job().require(setting);
  }
}
