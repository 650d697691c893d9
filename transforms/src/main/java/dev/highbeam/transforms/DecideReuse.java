// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.schemas.ResultFields;
import dev.highbeam.transforms.arrange.KeyRanges;
import dev.highbeam.transforms.arrange.Move;
import dev.highbeam.transforms.arrange.PrefixHashes;
import dev.highbeam.transforms.arrange.RequestKey;
import dev.highbeam.transforms.arrange.RowRef;
import dev.highbeam.transforms.reuse.EarlierGroup;
import dev.highbeam.transforms.reuse.EarlierRows;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.join.CoGbkResult;
import org.apache.beam.sdk.transforms.join.CoGroupByKey;
import org.apache.beam.sdk.transforms.join.KeyedPCollectionTuple;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TupleTag;

/**
 * Finds, for requests whose keys are given, equal requests of an earlier job: a join by
 * fingerprint, in parts that one worker holds in memory. Gives blocks of moves by the number of the
 * split that the request is in.
 */
final class DecideReuse extends PTransform<PCollection<byte[]>, PCollection<KV<Integer, byte[]>>> {

  private static final long serialVersionUID = 1L;

  private static final TupleTag<byte[]> WANTED = new TupleTag<>("wanted");
  private static final TupleTag<byte[]> EARLIER = new TupleTag<>("earlier");

  private final Reuse reuse;
  private final boolean once;
  private final int parts;

  /**
   * A join.
   *
   * @param rows of the input
   * @param once whether equal requests get rows once, because the others become copies
   */
  DecideReuse(Reuse reuse, long rows, boolean once, int rangeKeys) {
    this.reuse = reuse;
    this.once = once;
    this.parts = KeyRanges.count(rows + reuse.output().rows(), rangeKeys);
  }

  @Override
  public PCollection<KV<Integer, byte[]>> expand(PCollection<byte[]> keys) {
    PCollection<KV<Integer, byte[]>> wanted =
        keys.apply("Wanted", ParDo.of(new PartFn(parts))).setCoder(DecideMoves.BLOCKS);
    PCollection<KV<Integer, byte[]>> earlier =
        keys.getPipeline()
            .apply(
                "Earlier",
                Create.of(reuse.output().groups())
                    .withCoder(SerializableCoder.of(EarlierGroup.class)))
            .apply("SpreadEarlier", Reshuffle.viaRandomKey())
            .apply("EarlierKeys", ParDo.of(new EarlierKeysFn(parts)))
            .setCoder(DecideMoves.BLOCKS);
    return KeyedPCollectionTuple.of(WANTED, wanted)
        .and(EARLIER, earlier)
        .apply("Join", CoGroupByKey.create())
        .apply("Match", ParDo.of(new MatchFn(once)))
        .setCoder(DecideMoves.BLOCKS);
  }

  private static void output(
      List<RequestKey> keys, int parts, DoFn.OutputReceiver<KV<Integer, byte[]>> output) {
    Map<Integer, List<RequestKey>> byPart = new HashMap<>();
    for (RequestKey key : keys) {
      byPart.computeIfAbsent(key.part(parts), part -> new ArrayList<>()).add(key);
    }
    byPart.forEach((part, own) -> output.output(KV.of(part, RequestKey.encode(own))));
  }

  private static final class PartFn extends DoFn<byte[], KV<Integer, byte[]>> {

    private static final long serialVersionUID = 1L;

    private final int parts;

    PartFn(int parts) {
      this.parts = parts;
    }

    @ProcessElement
    public void divide(@Element byte[] block, OutputReceiver<KV<Integer, byte[]>> output) {
      List<RequestKey> keys = new ArrayList<>();
      RequestKey.decode(block, keys);
      DecideReuse.output(keys, parts, output);
    }
  }

  private static final class EarlierKeysFn extends DoFn<EarlierGroup, KV<Integer, byte[]>> {

    private static final long serialVersionUID = 1L;

    private final int parts;

    EarlierKeysFn(int parts) {
      this.parts = parts;
    }

    @ProcessElement
    public void read(@Element EarlierGroup group, OutputReceiver<KV<Integer, byte[]>> output)
        throws IOException {
      if (group.rowGroup() == 0) {
        String problem = group.file().problem(Path.of(group.folder()));
        if (problem != null) {
          throw new IOException(
              "--reuse: " + Path.of(group.folder(), group.file().name()) + " " + problem);
        }
      }
      List<RequestKey> keys = new ArrayList<>();
      EarlierRows.readFingerprints(
          group,
          (index, rows) ->
              keys.add(
                  RequestKey.of(
                      PrefixHashes.none(),
                      (String) rows.get(0).get(ResultFields.REQUEST_FINGERPRINT),
                      new RowRef(group.number(), index))));
      DecideReuse.output(keys, parts, output);
    }
  }

  private static final class MatchFn extends DoFn<KV<Integer, CoGbkResult>, KV<Integer, byte[]>> {

    private static final long serialVersionUID = 1L;

    private final boolean once;

    MatchFn(boolean once) {
      this.once = once;
    }

    @ProcessElement
    public void match(
        @Element KV<Integer, CoGbkResult> part, OutputReceiver<KV<Integer, byte[]>> output) {
      Map<RequestKey.Content, RowRef> earlier = new HashMap<>();
      for (RequestKey key : keys(part.getValue().getAll(EARLIER))) {
        // Which one makes no difference to the row, but a second attempt must name the same.
        earlier.merge(key.content(), key.row(), MatchFn::first);
      }
      List<RequestKey> wanted = keys(part.getValue().getAll(WANTED));
      wanted.sort(Comparator.comparing(RequestKey::row));
      Map<Integer, List<Move>> bySplit = new HashMap<>();
      for (RequestKey key : wanted) {
        RowRef found = once ? earlier.remove(key.content()) : earlier.get(key.content());
        if (found != null) {
          bySplit
              .computeIfAbsent(key.row().split(), split -> new ArrayList<>())
              .add(Move.reuse(key.row(), found));
        }
      }
      bySplit.forEach((split, moves) -> output.output(KV.of(split, Move.encode(moves))));
    }

    private static RowRef first(RowRef one, RowRef other) {
      return one.compareTo(other) <= 0 ? one : other;
    }

    private static List<RequestKey> keys(Iterable<byte[]> blocks) {
      List<RequestKey> keys = new ArrayList<>();
      blocks.forEach(block -> RequestKey.decode(block, keys));
      return keys;
    }
  }
}
