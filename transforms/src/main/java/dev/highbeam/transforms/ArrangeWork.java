// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.read.InputSplit;
import dev.highbeam.transforms.read.Survey;
import dev.highbeam.transforms.shards.FileFacts;
import dev.highbeam.transforms.shards.Shard;
import dev.highbeam.transforms.shards.WorkFolder;
import dev.highbeam.transforms.shards.WorkList;
import dev.highbeam.transforms.write.ShardFiles;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;

/**
 * Makes the work list of a job: reads and prepares the splits of a {@link Survey}, cuts their
 * requests into shards, and writes {@code _DONE} last. Rows never travel through the pipeline, only
 * the names of files do.
 */
public final class ArrangeWork extends PTransform<PBegin, PCollection<String>> {

  private static final long serialVersionUID = 1L;

  /**
   * How large shards are.
   *
   * @param workers that will share the work
   * @param requests per shard; 0 for what suits
   */
  public record ShardSize(int workers, int requests) implements Serializable {}

  private final Survey survey;
  private final Prepare prepare;
  private final WorkFolder folder;
  private final WorkList header;
  private final ShardFiles files;
  private final ShardSize size;
  private final String job;

  private ArrangeWork(
      Survey survey,
      Prepare prepare,
      WorkFolder folder,
      WorkList header,
      ShardFiles files,
      ShardSize size,
      String job) {
    this.survey = survey;
    this.prepare = prepare;
    this.folder = folder;
    this.header = header;
    this.files = files;
    this.size = size;
    this.job = job;
  }

  /**
   * The work list of an input.
   *
   * @param header all of the work list but its shards and errors
   * @param job the name under which {@link JobProgress} counts
   */
  public static ArrangeWork of(
      Survey survey,
      Prepare prepare,
      WorkFolder folder,
      WorkList header,
      ShardFiles files,
      ShardSize size,
      String job) {
    return new ArrangeWork(survey, prepare, folder, header, files, size, job);
  }

  @Override
  public PCollection<String> expand(PBegin input) {
    List<KV<Integer, InputSplit>> splits = new ArrayList<>();
    for (InputSplit split : survey.splits()) {
      splits.add(KV.of(splits.size(), split));
    }
    ArrangeSplitFn arrange =
        new ArrangeSplitFn(folder, survey.columns(), prepare.preparer(), files, job);
    PCollectionView<Iterable<ArrangedSplit>> arranged =
        input
            .apply(
                "Splits",
                Create.of(splits)
                    .withCoder(
                        KvCoder.of(VarIntCoder.of(), SerializableCoder.of(InputSplit.class))))
            .apply("Spread", Reshuffle.viaRandomKey())
            .apply("ReadAndPrepare", ParDo.of(arrange))
            .setCoder(SerializableCoder.of(ArrangedSplit.class))
            .apply("Arranged", View.asIterable());
    PCollectionView<Iterable<Shard>> shards =
        start(input, "Begin")
            .apply("Plan", ParDo.of(new PlanFn(size, arranged)).withSideInputs(arranged))
            .setCoder(SerializableCoder.of(ShardCut.class))
            .apply("SpreadCuts", Reshuffle.viaRandomKey())
            .apply("Cut", ParDo.of(new CutShardFn(folder)))
            .setCoder(SerializableCoder.of(Shard.class))
            .apply("Shards", View.asIterable());
    return start(input, "End")
        .apply(
            "Done",
            ParDo.of(new DoneFn(folder, header, arranged, shards)).withSideInputs(arranged, shards))
        .setCoder(StringUtf8Coder.of());
  }

  private PCollection<String> start(PBegin input, String name) {
    return input
        .getPipeline()
        .apply(name, Create.of(folder.output()).withCoder(StringUtf8Coder.of()));
  }

  /** Decides which requests make a shard, once all splits are known. */
  private static final class PlanFn extends DoFn<String, ShardCut> {

    private static final long serialVersionUID = 1L;

    private final ShardSize size;
    private final PCollectionView<Iterable<ArrangedSplit>> arranged;

    PlanFn(ShardSize size, PCollectionView<Iterable<ArrangedSplit>> arranged) {
      this.size = size;
      this.arranged = arranged;
    }

    @ProcessElement
    public void plan(ProcessContext context) {
      ShardPlan.of(context.sideInput(arranged), size.workers(), size.requests())
          .forEach(context::output);
    }
  }

  /** Writes {@code _DONE} once all shards are there, and removes the splits. */
  private static final class DoneFn extends DoFn<String, String> {

    private static final long serialVersionUID = 1L;

    private final WorkFolder folder;
    private final WorkList header;
    private final PCollectionView<Iterable<ArrangedSplit>> arranged;
    private final PCollectionView<Iterable<Shard>> shards;

    DoneFn(
        WorkFolder folder,
        WorkList header,
        PCollectionView<Iterable<ArrangedSplit>> arranged,
        PCollectionView<Iterable<Shard>> shards) {
      this.folder = folder;
      this.header = header;
      this.arranged = arranged;
      this.shards = shards;
    }

    @ProcessElement
    public void done(ProcessContext context) throws IOException {
      List<ArrangedSplit> splits = new ArrayList<>();
      context.sideInput(arranged).forEach(splits::add);
      splits.sort(Comparator.comparingInt(ArrangedSplit::number));
      List<Shard> cut = new ArrayList<>();
      context.sideInput(shards).forEach(cut::add);
      cut.sort(Comparator.comparingInt(Shard::number));
      List<FileFacts> errors = new ArrayList<>();
      TreeMap<String, Long> byCode = new TreeMap<>();
      for (ArrangedSplit split : splits) {
        if (split.errors() != null) {
          errors.add(split.errors());
        }
        split.errorsByCode().forEach((code, count) -> byCode.merge(code, count, Long::sum));
      }
      header.with(cut.stream().map(Shard::requests).toList(), errors, byCode).write(folder);
      for (ArrangedSplit split : splits) {
        for (FileFacts file : split.requests()) {
          Files.deleteIfExists(folder.workList().resolve(file.name()));
        }
      }
      context.output(folder.done().toString());
    }
  }
}
