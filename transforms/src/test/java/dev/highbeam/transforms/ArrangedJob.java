// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.schemas.InferenceSchemas;
import dev.highbeam.schemas.RequestFields;
import dev.highbeam.transforms.read.Survey;
import dev.highbeam.transforms.shards.AvroRowWriter;
import dev.highbeam.transforms.shards.Manifest;
import dev.highbeam.transforms.shards.RowCounts;
import dev.highbeam.transforms.shards.Shard;
import dev.highbeam.transforms.shards.ShardCommit;
import dev.highbeam.transforms.shards.WorkFolder;
import dev.highbeam.transforms.shards.WorkList;
import dev.highbeam.transforms.write.MergeShards;
import dev.highbeam.transforms.write.ShardFiles;
import dev.highbeam.transforms.write.WriteResults;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.Pipeline;

/** A job by way of a work list: arrange, infer, finish, over the fake engine. */
final class ArrangedJob {

  /** Every column that may not depend on what was arranged how. */
  private static final String ROWS = "SELECT * EXCLUDE (attempt, num_cached_tokens) FROM '";

  private final WorkFolder folder;
  private final Survey survey;
  private final ShardFiles files;

  private ArrangedJob(Path input, Path out) throws IOException {
    folder = WorkFolder.in(out);
    survey = Survey.of(List.of(input.toString()));
    files =
        ShardFiles.laidOutAs(
            WriteResults.to(out.resolve("results"), survey.columns())
                .withLogprobsIn(Settings.none(SamplingSetting.class)));
  }

  /** Makes the work list. */
  static ArrangedJob arrange(Path input, Path out, Arranging arranging, int shardRows)
      throws IOException {
    ArrangedJob job = new ArrangedJob(input, out);
    Settings<SamplingSetting> sampling =
        Settings.none(SamplingSetting.class).with(SamplingSetting.MAX_TOKENS, 40);
    Pipeline pipeline = Pipelines.create(3);
    pipeline.apply(
        ArrangeWork.of(
            job.survey,
            Prepare.columns(job.survey.columns()).withSampling(sampling),
            job.folder,
            WorkList.header(
                new TreeMap<>(), List.of(), job.survey.columns(), job.survey.rowCount()),
            job.files,
            new ArrangeWork.ShardSize(2, shardRows),
            arranging,
            "arranged"));
    pipeline.run().waitUntilFinish();
    return job;
  }

  WorkList work() throws IOException {
    return WorkList.read(folder);
  }

  Path workList() {
    return folder.workList();
  }

  /** The prompts of each shard, in order. */
  List<List<String>> prompts() throws IOException {
    List<List<String>> all = new ArrayList<>();
    for (Shard shard : work().all()) {
      List<String> prompts = new ArrayList<>();
      try (DataFileReader<GenericRecord> requests =
          AvroRowWriter.read(folder.shard(shard.number()), InferenceSchemas.REQUEST)) {
        while (requests.hasNext()) {
          prompts.add((String) requests.next().get(RequestFields.PROMPT));
        }
      }
      all.add(prompts);
    }
    return all;
  }

  /** Computes what is missing and finishes; gives the counts of all rows. */
  RowCounts finish(String engine) throws IOException {
    WorkList work = work();
    InferShards.Settings settings =
        new InferShards.Settings(
            Generate.with(FakeEngine.named(engine), FakeEngine.config())
                .withColumns(survey.columns())
                .withJobName(engine),
            3,
            Duration.ofDays(1),
            new TreeSet<>());
    Pipeline infer = Pipelines.create(2);
    infer.apply(InferShards.of(settings, folder, files, work.all()));
    infer.run().waitUntilFinish();
    List<ShardCommit> commits = new ArrayList<>();
    RowCounts counts = RowCounts.ofErrors(work.errorsByCode());
    for (Shard shard : work.all()) {
      ShardCommit commit = ShardCommit.find(folder, shard);
      if (commit == null) {
        throw new IllegalStateException("shard " + shard.number() + " is not committed");
      }
      commits.add(commit);
      counts = counts.plus(commit.counts());
    }
    Path out = Path.of(folder.output());
    Manifest header =
        new Manifest(
            1, new TreeMap<>(), List.of(), survey.rowCount(), counts, List.of(), List.of());
    Pipeline finish = Pipelines.create(2);
    finish.apply(
        MergeShards.of(
            work,
            commits,
            header,
            folder,
            files,
            new MergeShards.Targets(out.resolve("results"), out.resolve("errors")),
            Map.of()));
    finish.run().waitUntilFinish();
    return counts;
  }

  /** All result rows with all their columns, by key. */
  List<List<Object>> results() throws SQLException {
    return Job.query(
        ROWS + folder.output() + "/results/*.parquet' ORDER BY source, position, sample_index");
  }

  List<List<Object>> errors() throws SQLException {
    return Job.query(
        "SELECT * FROM '" + folder.output() + "/errors/*.parquet' ORDER BY source, position");
  }
}
