// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.arrange.KeyRanges;
import dev.highbeam.transforms.arrange.Move;
import dev.highbeam.transforms.arrange.Placement;
import dev.highbeam.transforms.arrange.RequestKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;

/**
 * Decides which requests move, from blocks of their keys: a distributed sort of the keys, by ranges
 * that a sample gives, and one {@link Placement} per range. Gives blocks of moves by the number of
 * the split that the moved requests are in.
 */
final class DecideMoves extends PTransform<PCollection<byte[]>, PCollection<KV<Integer, byte[]>>> {

  private static final long serialVersionUID = 1L;

  static final KvCoder<Integer, byte[]> BLOCKS = KvCoder.of(VarIntCoder.of(), ByteArrayCoder.of());

  private final Placement placement;
  private final int rangeKeys;

  DecideMoves(Placement placement, int rangeKeys) {
    this.placement = placement;
    this.rangeKeys = rangeKeys;
  }

  @Override
  public PCollection<KV<Integer, byte[]>> expand(PCollection<byte[]> keys) {
    int count = KeyRanges.count(placement.total(), rangeKeys);
    PCollectionView<Iterable<byte[]>> samples =
        keys.apply("Sample", ParDo.of(new SampleFn(KeyRanges.sampleEvery(rangeKeys))))
            .setCoder(ByteArrayCoder.of())
            .apply("Samples", View.asIterable());
    PCollectionView<byte[]> ranges =
        keys.getPipeline()
            .apply("Ranges", Create.of(count).withCoder(VarIntCoder.of()))
            .apply("Borders", ParDo.of(new BordersFn(samples)).withSideInputs(samples))
            .setCoder(ByteArrayCoder.of())
            .apply("AllBorders", View.asSingleton());
    return keys.apply("ToRanges", ParDo.of(new RangeFn(ranges)).withSideInputs(ranges))
        .setCoder(BLOCKS)
        .apply("Sort", GroupByKey.create())
        .apply("Place", ParDo.of(new PlaceFn(placement)))
        .setCoder(BLOCKS);
  }

  /** Gives some of the keys, whatever they are. */
  private static final class SampleFn extends DoFn<byte[], byte[]> {

    private static final long serialVersionUID = 1L;

    private final int every;

    SampleFn(int every) {
      this.every = every;
    }

    @ProcessElement
    public void sample(@Element byte[] block, OutputReceiver<byte[]> output) {
      List<RequestKey> keys = new ArrayList<>();
      RequestKey.decode(block, keys);
      keys.removeIf(key -> key.row().hashCode() % every != 0);
      if (!keys.isEmpty()) {
        output.output(RequestKey.encode(keys));
      }
    }
  }

  private static final class BordersFn extends DoFn<Integer, byte[]> {

    private static final long serialVersionUID = 1L;

    private final PCollectionView<Iterable<byte[]>> samples;

    BordersFn(PCollectionView<Iterable<byte[]>> samples) {
      this.samples = samples;
    }

    @ProcessElement
    public void divide(ProcessContext context) {
      List<RequestKey> keys = new ArrayList<>();
      context.sideInput(samples).forEach(block -> RequestKey.decode(block, keys));
      context.output(KeyRanges.of(keys, context.element()).encode());
    }
  }

  private static final class RangeFn extends DoFn<byte[], KV<Integer, byte[]>> {

    private static final long serialVersionUID = 1L;

    private final PCollectionView<byte[]> borders;

    RangeFn(PCollectionView<byte[]> borders) {
      this.borders = borders;
    }

    @ProcessElement
    public void divide(ProcessContext context) {
      KeyRanges ranges = KeyRanges.decode(context.sideInput(borders));
      List<RequestKey> keys = new ArrayList<>();
      RequestKey.decode(context.element(), keys);
      Map<Integer, List<RequestKey>> byRange = new HashMap<>();
      for (RequestKey key : keys) {
        byRange.computeIfAbsent(ranges.of(key), range -> new ArrayList<>()).add(key);
      }
      byRange.forEach((range, own) -> context.output(KV.of(range, RequestKey.encode(own))));
    }
  }

  private static final class PlaceFn
      extends DoFn<KV<Integer, Iterable<byte[]>>, KV<Integer, byte[]>> {

    private static final long serialVersionUID = 1L;

    private final Placement placement;

    PlaceFn(Placement placement) {
      this.placement = placement;
    }

    @ProcessElement
    public void place(
        @Element KV<Integer, Iterable<byte[]>> range, OutputReceiver<KV<Integer, byte[]>> output) {
      List<RequestKey> keys = new ArrayList<>();
      range.getValue().forEach(block -> RequestKey.decode(block, keys));
      Map<Integer, List<Move>> bySplit = new HashMap<>();
      for (Move move : placement.of(keys)) {
        bySplit.computeIfAbsent(move.row().split(), split -> new ArrayList<>()).add(move);
      }
      bySplit.forEach((split, moves) -> output.output(KV.of(split, Move.encode(moves))));
    }
  }
}
