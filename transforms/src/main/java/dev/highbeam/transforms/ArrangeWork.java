// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.arrange.Move;
import dev.highbeam.transforms.arrange.Placement;
import dev.highbeam.transforms.read.InputSplit;
import dev.highbeam.transforms.read.Survey;
import dev.highbeam.transforms.shards.FileFacts;
import dev.highbeam.transforms.shards.ProgressFiles;
import dev.highbeam.transforms.shards.Shard;
import dev.highbeam.transforms.shards.WorkFolder;
import dev.highbeam.transforms.shards.WorkList;
import dev.highbeam.transforms.write.ShardFiles;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.PCollectionView;
import org.apache.beam.sdk.values.TupleTagList;
import org.jspecify.annotations.Nullable;

/**
 * Makes the work list of a job: reads and prepares the splits of a {@link Survey}, decides by keys
 * what is computed once and what beside each other, cuts the requests into shards, and writes
 * {@code _DONE} last. Rows never travel through the pipeline, only keys and the names of files do.
 */
public final class ArrangeWork extends PTransform<PBegin, PCollection<String>> {

  private static final long serialVersionUID = 1L;

  private static final KvCoder<Integer, ShardPiece> PIECES =
      KvCoder.of(VarIntCoder.of(), SerializableCoder.of(ShardPiece.class));

  /** A beginning is computed once for so many requests at most. */
  private static final long MAX_GROUP = 256;

  /** Rows of the input whose moves one worker knows at a time. */
  private static final long GROUP_ROWS = 1 << 15;

  /**
   * How large shards are.
   *
   * @param workers that will share the work
   * @param requests per shard; 0 for what suits
   */
  public record ShardSize(int workers, int requests) implements Serializable {

    /** Requests that may come to one place without making a shard much larger than others. */
    int maxGroup(Survey survey) {
      long most = requests > 0 ? requests : ShardPlan.size(survey.rowCount(), 0, workers);
      return (int) Math.min(MAX_GROUP, most);
    }
  }

  private final Survey survey;
  private final Prepare prepare;
  private final WorkFolder folder;
  private final WorkList header;
  private final ShardFiles files;
  private final ShardSize size;
  private final Arranging arranging;
  private final String job;

  private ArrangeWork(
      Survey survey,
      Prepare prepare,
      WorkFolder folder,
      WorkList header,
      ShardFiles files,
      ShardSize size,
      Arranging arranging,
      String job) {
    this.survey = survey;
    this.prepare = prepare;
    this.folder = folder;
    this.header = header;
    this.files = files;
    this.size = size;
    this.arranging = arranging;
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
      Arranging arranging,
      String job) {
    return new ArrangeWork(survey, prepare, folder, header, files, size, arranging, job);
  }

  @Override
  public PCollection<String> expand(PBegin input) {
    PCollectionTuple read = read(input);
    PCollectionView<Iterable<ArrangedSplit>> arranged =
        read.get(ArrangeSplitFn.ARRANGED).apply("Arranged", View.asIterable());
    PCollectionView<Iterable<Shard>> shards =
        (arranging.moves() ? moving(input, arranged, read) : staying(input, arranged))
            .apply("Pieces", GroupByKey.create())
            .apply("Cut", ParDo.of(new CutShardFn(folder, arranging.longestFirst())))
            .setCoder(SerializableCoder.of(Shard.class))
            .apply("Shards", View.asIterable());
    return start(input, "End")
        .apply(
            "Done",
            ParDo.of(new DoneFn(folder, header, arranged, shards)).withSideInputs(arranged, shards))
        .setCoder(StringUtf8Coder.of());
  }

  private PCollectionTuple read(PBegin input) {
    List<KV<Integer, InputSplit>> splits = new ArrayList<>();
    for (InputSplit split : survey.splits()) {
      splits.add(KV.of(splits.size(), split));
    }
    ArrangeSplitFn arrange =
        new ArrangeSplitFn(folder, survey.columns(), prepare.preparer(), files, arranging, job);
    PCollectionTuple read =
        input
            .apply(
                "Splits",
                Create.of(splits)
                    .withCoder(
                        KvCoder.of(VarIntCoder.of(), SerializableCoder.of(InputSplit.class))))
            .apply("Spread", Reshuffle.viaRandomKey())
            .apply(
                "ReadAndPrepare",
                ParDo.of(arrange)
                    .withOutputTags(
                        ArrangeSplitFn.ARRANGED,
                        TupleTagList.of(ArrangeSplitFn.KEYS).and(ArrangeSplitFn.MOVES)));
    read.get(ArrangeSplitFn.ARRANGED).setCoder(SerializableCoder.of(ArrangedSplit.class));
    read.get(ArrangeSplitFn.KEYS).setCoder(ByteArrayCoder.of());
    read.get(ArrangeSplitFn.MOVES).setCoder(DecideMoves.BLOCKS);
    return read;
  }

  private PCollection<KV<Integer, ShardPiece>> staying(
      PBegin input, PCollectionView<Iterable<ArrangedSplit>> arranged) {
    return plan(input, arranged, null).apply("Homes", ParDo.of(new HomeFn())).setCoder(PIECES);
  }

  private PCollection<KV<Integer, ShardPiece>> moving(
      PBegin input, PCollectionView<Iterable<ArrangedSplit>> arranged, PCollectionTuple read) {
    Placement placement =
        new Placement(
            arranging.dedupe(),
            arranging.groupPrefixes(),
            survey.rowCount(),
            size.maxGroup(survey));
    PCollection<KV<Integer, byte[]>> decided =
        read.get(ArrangeSplitFn.KEYS)
            .apply("Decide", new DecideMoves(placement, arranging.rangeKeys()));
    PCollection<KV<Integer, Iterable<byte[]>>> moves =
        PCollectionList.of(decided)
            .and(read.get(ArrangeSplitFn.MOVES))
            .apply("Decided", Flatten.pCollections())
            .apply("OfSplits", ParDo.of(new GroupFn(splitsPerGroup())))
            .setCoder(DecideMoves.BLOCKS)
            .apply("Moves", GroupByKey.create());
    PCollectionView<Iterable<Loads>> loads =
        moves
            .apply("Weigh", ParDo.of(new LoadFn(survey.rowCount())))
            .setCoder(SerializableCoder.of(Loads.class))
            .apply("Loads", View.asIterable());
    PCollection<ShardCut> cuts = plan(input, arranged, loads);
    PCollectionView<Iterable<ShardCut>> allCuts = cuts.apply("AllCuts", View.asIterable());
    PCollection<KV<Integer, ShardPiece>> homes =
        cuts.apply("Homes", ParDo.of(new HomeFn())).setCoder(PIECES);
    PCollection<KV<Integer, ShardPiece>> moved =
        moves
            .apply("Move", ParDo.of(new MoveRowsFn(folder, allCuts)).withSideInputs(allCuts))
            .setCoder(PIECES);
    return PCollectionList.of(homes).and(moved).apply("AllPieces", Flatten.pCollections());
  }

  private PCollection<ShardCut> plan(
      PBegin input,
      PCollectionView<Iterable<ArrangedSplit>> arranged,
      @Nullable PCollectionView<Iterable<Loads>> loads) {
    List<PCollectionView<?>> views = new ArrayList<>(List.of(arranged));
    if (loads != null) {
      views.add(loads);
    }
    return start(input, "Begin")
        .apply(
            "Plan",
            ParDo.of(new PlanFn(size, survey.rowCount(), arranged, loads)).withSideInputs(views))
        .setCoder(SerializableCoder.of(ShardCut.class));
  }

  /** Few splits give files with too many small sections, many too much to remember of them. */
  private int splitsPerGroup() {
    long perSplit = survey.rowCount() / Math.max(1, survey.splits().size());
    return (int) Math.max(1, GROUP_ROWS / Math.max(1, perSplit));
  }

  private PCollection<String> start(PBegin input, String name) {
    return input
        .getPipeline()
        .apply(name, Create.of(folder.output()).withCoder(StringUtf8Coder.of()));
  }

  private static final class HomeFn extends DoFn<ShardCut, KV<Integer, ShardPiece>> {

    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void give(@Element ShardCut cut, OutputReceiver<KV<Integer, ShardPiece>> output) {
      output.output(KV.of(cut.shard(), ShardPiece.home(cut)));
    }
  }

  /** From the number of a split to that of its group. */
  private static final class GroupFn extends DoFn<KV<Integer, byte[]>, KV<Integer, byte[]>> {

    private static final long serialVersionUID = 1L;

    private final int splits;

    GroupFn(int splits) {
      this.splits = splits;
    }

    @ProcessElement
    public void group(
        @Element KV<Integer, byte[]> block, OutputReceiver<KV<Integer, byte[]>> output) {
      output.output(KV.of(block.getKey() / splits, block.getValue()));
    }
  }

  private static final class LoadFn extends DoFn<KV<Integer, Iterable<byte[]>>, Loads> {

    private static final long serialVersionUID = 1L;

    private final long rows;

    LoadFn(long rows) {
      this.rows = rows;
    }

    @ProcessElement
    public void weigh(@Element KV<Integer, Iterable<byte[]>> group, OutputReceiver<Loads> output) {
      Loads loads = Loads.of(rows);
      for (byte[] block : group.getValue()) {
        List<Move> moves = new ArrayList<>();
        Move.decode(block, moves);
        moves.forEach(loads::add);
      }
      output.output(loads);
    }
  }

  /** Decides which requests make a shard, once all splits are known. */
  private static final class PlanFn extends DoFn<String, ShardCut> {

    private static final long serialVersionUID = 1L;

    private final ShardSize size;
    private final long rows;
    private final PCollectionView<Iterable<ArrangedSplit>> arranged;
    private final @Nullable PCollectionView<Iterable<Loads>> loads;

    PlanFn(
        ShardSize size,
        long rows,
        PCollectionView<Iterable<ArrangedSplit>> arranged,
        @Nullable PCollectionView<Iterable<Loads>> loads) {
      this.size = size;
      this.rows = rows;
      this.arranged = arranged;
      this.loads = loads;
    }

    @ProcessElement
    public void plan(ProcessContext context) {
      Loads all = Loads.of(rows);
      if (loads != null) {
        context.sideInput(loads).forEach(all::addAll);
      }
      ShardPlan.of(context.sideInput(arranged), all, size.workers(), size.requests())
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
      header.with(cut, errors, byCode).write(folder);
      ProgressFiles.removeUncut(folder);
      context.output(folder.done().toString());
    }
  }
}
