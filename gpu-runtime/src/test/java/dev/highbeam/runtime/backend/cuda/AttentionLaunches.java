// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.Dim3;
import dev.highbeam.runtime.backend.cuda.driver.KernelArguments;
import java.util.Arrays;

/** Runs a step's attention kernels as the backend does; results and workspace are NaN before. */
final class AttentionLaunches {

  private final KernelBench bench;
  private final AttentionStep step;
  private final AttentionCase layer;
  private final ForwardBatch batch;
  private final AttentionWork work;
  private final int outStride;
  private final int queryStride;
  private final DeviceMemory out;
  private final DeviceMemory queries;
  private final DeviceMemory keys;
  private final DeviceMemory values;
  private final DeviceMemory sinks;
  private final DeviceMemory header;
  private final DeviceMemory positions;
  private final DeviceMemory pageIndptr;
  private final DeviceMemory pageIndices;
  private final DeviceMemory partials;

  private AttentionLaunches(KernelBench bench, AttentionStep step) {
    this.bench = bench;
    this.step = step;
    layer = step.layer;
    batch = step.batch();
    work = step.work();
    work.build(batch);
    int width = layer.queryHeads * layer.headDim;
    outStride = stride(width);
    queryStride = stride(width + 2 * layer.kvHeads * layer.headDim);
    out = bench.filled((long) batch.tokenCount() * outStride * layer.out.bytes(), 0xff);
    queries = layer.query.upload(bench, step.queries(queryStride));
    keys = layer.kv.upload(bench, step.keys(batch));
    values = layer.kv.upload(bench, step.values(batch));
    sinks = bench.floats(sinks());
    header = bench.ints(header());
    positions = bench.ints(batch.positions);
    pageIndptr = bench.ints(batch.pageIndptr);
    pageIndices = bench.ints(batch.pageIndices);
    long partialFloats = (long) layer.queryHeads * (layer.headDim + 2);
    partials = bench.filled(work.partialCount() * partialFloats * Float.BYTES, 0xff);
  }

  /** The rows of the step's tokens, each [queryHeads * headDim]. */
  static float[][] run(KernelBench bench, AttentionStep step) {
    AttentionLaunches launches = new AttentionLaunches(bench, step);
    if (launches.work.promptTileCount() > 0) {
      launches.prompt();
    }
    if (launches.work.outputWorkCount() > 0) {
      launches.output();
    }
    if (launches.work.outputCombineCount() > 0) {
      launches.combine();
    }
    return launches.rows();
  }

  private static int stride(int width) {
    return (width + 63) / 64 * 64;
  }

  private float[] sinks() {
    float[] scores = new float[layer.queryHeads];
    for (int head = 0; head < scores.length; head++) {
      scores[head] = AttentionCase.sink(head);
    }
    return scores;
  }

  private int[] header() {
    int[] words = new int[16];
    words[0] = batch.tokenCount();
    words[1] = batch.entryCount();
    words[2] = batch.promptEntryCount();
    words[4] = batch.queryIndptr[batch.promptEntryCount()];
    words[5] = work.promptTileCount();
    words[6] = work.outputWorkCount();
    words[7] = work.outputCombineCount();
    return words;
  }

  private void prompt() {
    AttentionVariants.Variant variant =
        AttentionVariants.prompt(
            bench.capability(), layer.queryType(), layer.kvType(), layer.spec());
    DeviceMemory tiles = bench.ints(work.promptTiles());
    // A graph's grid is for the most tiles of its bucket.
    Dim3 grid = Dim3.of(work.promptTileCount() + 1, variant.blocks());
    bench.run(
        variant.kernel(),
        grid,
        variant.threads(),
        variant.sharedBytes(),
        a -> attend(a).pointer("tiles", tiles));
  }

  private void output() {
    AttentionVariants.Variant variant =
        AttentionVariants.output(
            bench.capability(), layer.queryType(), layer.kvType(), layer.spec());
    DeviceMemory items = bench.ints(work.outputWork());
    bench.run(
        variant.kernel(),
        Dim3.of(step.grid),
        variant.threads(),
        variant.sharedBytes(),
        a -> attend(a).pointer("work", items).pointer("partials", partials));
  }

  private void combine() {
    DeviceMemory combines = bench.ints(work.outputCombines());
    bench.run(
        "attention_combine",
        Dim3.of(step.grid),
        128,
        a ->
            sinks(out(a).int32("queryHeads", layer.queryHeads).int32("headDim", layer.headDim))
                .pointer("header", header)
                .pointer("combines", combines)
                .pointer("partials", partials));
  }

  private KernelArguments.Builder out(KernelArguments.Builder arguments) {
    return arguments
        .pointer("out", out)
        .int32("outType", layer.out.code())
        .int64("outStride", outStride);
  }

  private KernelArguments.Builder sinks(KernelArguments.Builder arguments) {
    return layer.hasSinks ? arguments.pointer("sinks", sinks) : arguments.nullPointer("sinks");
  }

  private KernelArguments.Builder attend(KernelArguments.Builder arguments) {
    out(arguments)
        .pointer("q", queries)
        .int32("qType", layer.query.code())
        .int64("qStride", queryStride)
        .pointer("keys", keys)
        .pointer("values", values)
        .int64("pageStride", step.pageStride())
        .int64("headStride", step.headStride())
        .int64("tokenStride", step.tokenStride())
        .int32("pageSizeLog2", Integer.numberOfTrailingZeros(layer.pageSize))
        .float32("keyScale", layer.keyScale)
        .float32("valueScale", layer.valueScale)
        .int32("queryHeads", layer.queryHeads)
        .int32("kvHeads", layer.kvHeads)
        .int32("headDim", layer.headDim)
        .float32("scale", layer.spec().scale())
        .int32("window", layer.window)
        .float32("softCap", layer.softCap);
    return sinks(arguments)
        .pointer("header", header)
        .pointer("positions", positions)
        .pointer("pageIndptr", pageIndptr)
        .pointer("pageIndices", pageIndices);
  }

  private float[][] rows() {
    float[] all = layer.out.read(bench, out);
    int width = layer.queryHeads * layer.headDim;
    float[][] rows = new float[batch.tokenCount()][];
    for (int row = 0; row < rows.length; row++) {
      int begin = row * outStride;
      rows[row] = Arrays.copyOfRange(all, begin, begin + width);
      for (int i = begin + width; i < begin + outStride; i++) {
        assertThat(all[i]).as("padding of row %s", row).isNaN();
      }
    }
    return rows;
  }
}
