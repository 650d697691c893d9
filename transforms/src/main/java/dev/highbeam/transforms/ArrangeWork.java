// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.arrange.Placement;
import dev.highbeam.transforms.read.InputSplit;
import dev.highbeam.transforms.read.Survey;
import dev.highbeam.transforms.shards.Shard;
import dev.highbeam.transforms.shards.WorkFolder;
import dev.highbeam.transforms.shards.WorkList;
import dev.highbeam.transforms.write.ShardFiles;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
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
        (arranging.needsKeys() ? moving(input, arranged, read) : staying(input, arranged))
            .apply("Pieces", GroupByKey.create())
            .apply(
                "Cut",
                ParDo.of(new CutShardFn(folder, arranging.longestFirst(), arranging.reuse())))
            .setCoder(SerializableCoder.of(Shard.class))
            .apply("Shards", View.asIterable());
    return start(input, "End")
        .apply(
            "Done",
            ParDo.of(new WorkListDoneFn(folder, header, arranged, shards))
                .withSideInputs(arranged, shards))
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
    PCollection<KV<Integer, Iterable<byte[]>>> moves =
        decided(read)
            .and(read.get(ArrangeSplitFn.MOVES))
            .apply("Decided", Flatten.pCollections())
            .apply("OfSplits", ParDo.of(new GroupFn(splitsPerGroup())))
            .setCoder(DecideMoves.BLOCKS)
            .apply("Moves", GroupByKey.create());
    PCollectionView<Iterable<Loads>> loads =
        moves
            .apply("Weigh", ParDo.of(new WeighFn(survey.rowCount())))
            .setCoder(SerializableCoder.of(Loads.class))
            .apply("Loads", View.asIterable());
    PCollection<ShardCut> cuts = plan(input, arranged, loads);
    PCollectionView<Iterable<ShardCut>> allCuts = cuts.apply("AllCuts", View.asIterable());
    PCollection<KV<Integer, ShardPiece>> homes =
        cuts.apply("Homes", ParDo.of(new HomeFn())).setCoder(PIECES);
    PCollectionTuple moved =
        moves.apply(
            "Move",
            ParDo.of(new MoveRowsFn(folder, allCuts))
                .withSideInputs(allCuts)
                .withOutputTags(MoveRowsFn.PIECES, TupleTagList.of(MoveRowsFn.WANTED)));
    PCollectionList<KV<Integer, ShardPiece>> pieces =
        PCollectionList.of(homes).and(moved.get(MoveRowsFn.PIECES).setCoder(PIECES));
    PCollection<KV<Integer, byte[]>> wanted =
        moved.get(MoveRowsFn.WANTED).setCoder(DecideMoves.BLOCKS);
    Reuse reuse = arranging.reuse();
    if (reuse != null) {
      pieces =
          pieces.and(
              wanted
                  .apply("ByRowGroup", GroupByKey.create())
                  .apply("Fetch", ParDo.of(new FetchEarlierFn(folder, reuse.output().groups())))
                  .setCoder(PIECES));
    }
    return pieces.apply("AllPieces", Flatten.pCollections());
  }

  private PCollectionList<KV<Integer, byte[]>> decided(PCollectionTuple read) {
    PCollection<byte[]> keys = read.get(ArrangeSplitFn.KEYS);
    PCollectionList<KV<Integer, byte[]>> decided = PCollectionList.empty(keys.getPipeline());
    if (arranging.moves()) {
      Placement placement =
          new Placement(
              arranging.dedupe(),
              arranging.groupPrefixes(),
              survey.rowCount(),
              size.maxGroup(survey));
      decided =
          decided.and(keys.apply("Decide", new DecideMoves(placement, arranging.rangeKeys())));
    }
    Reuse reuse = arranging.reuse();
    if (reuse != null) {
      DecideReuse join =
          new DecideReuse(reuse, survey.rowCount(), arranging.dedupe(), arranging.rangeKeys());
      decided = decided.and(keys.apply("Reuse", join));
    }
    return decided;
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
            ParDo.of(new PlanShardsFn(size, survey.rowCount(), arranged, loads))
                .withSideInputs(views))
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
}
