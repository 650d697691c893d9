// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.Dim3;
import dev.highbeam.runtime.backend.cuda.driver.KernelArguments;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** Runs the sampling kernels as the backend does, over rows given as arrays. */
final class SamplingBench {

  /** Logits of a chunk; sizes repeat those of the kernels' sampling.h. */
  static final int CHUNK = 8192;

  /** What results hold that no kernel wrote. */
  static final int UNWRITTEN = 0x55555555;

  private static final int THREADS = 512;
  private static final int ROW_BYTES = 3104;
  private static final int CHUNK_BYTES = 192;
  private static final int CHUNK_WEIGHT = 8;
  private static final int ARRIVALS = 20;
  private static final int BINS = 32;
  private static final int SLOT_BYTES = 64;
  private static final int LIST_BYTES = 4 * (128 + 2 * 1024);
  private static final int TOP = 20;

  /** What the kernels wrote; last tokens by row. */
  @SuppressWarnings("ArrayRecordComponent") // Test data, never compared.
  record Results(
      int[] tokenIds,
      float[] logprobs,
      int[] flags,
      int[] topIds,
      float[] topLogprobs,
      int[] last) {}

  private final KernelBench bench;
  private final int vocabulary;
  private final int stride;
  private final int rows;
  private final DeviceMemory workspace;
  private final DeviceMemory scratch;
  private final int adjusters;

  /** A workspace for head blocks of so many rows, and so many blocks that adjust. */
  SamplingBench(KernelBench bench, int vocabulary, int rows, int adjusters) {
    this.bench = bench;
    this.vocabulary = vocabulary;
    this.stride = (vocabulary + 63) / 64 * 64;
    this.rows = rows;
    this.adjusters = adjusters;
    this.workspace = bench.filled((long) rows * rowBytes(), 0);
    this.scratch = bench.filled(8L * vocabulary * adjusters, 0);
  }

  /** Most rows of a head block. */
  int rows() {
    return rows;
  }

  private int chunks() {
    return (vocabulary + CHUNK - 1) / CHUNK;
  }

  private int rowBytes() {
    return ROW_BYTES + chunks() * CHUNK_BYTES;
  }

  /** Weight of each chunk of a row, as the last kernel that weighed it left them. */
  long[] chunkWeights(int row) {
    ByteBuffer bytes = bench.read(workspace);
    long[] weights = new long[chunks()];
    for (int c = 0; c < weights.length; c++) {
      weights[c] = bytes.getLong(row * rowBytes() + ROW_BYTES + c * CHUNK_BYTES + CHUNK_WEIGHT);
    }
    return weights;
  }

  /** Whether counters, bins and scratch are as the next step needs them. */
  boolean isClean() {
    ByteBuffer bytes = bench.read(workspace);
    int dirt = 0;
    for (int row = 0; row < rows; row++) {
      dirt |= bytes.getInt(row * rowBytes() + ARRIVALS);
      for (int at = BINS; at < ROW_BYTES; at += Integer.BYTES) {
        dirt |= bytes.getInt(row * rowBytes() + at);
      }
    }
    for (int word : bench.readInts(scratch)) {
      dirt |= word;
    }
    return dirt == 0;
  }

  /** Runs one head block: as many rows from rowStart on as there is room for. */
  Results run(List<SamplingRow> step, int rowStart) {
    return new Run(step, rowStart).run();
  }

  /** One step's memory. */
  private final class Run {

    private final SamplingStep step;
    private final int rowStart;
    private final DeviceMemory arena;
    private final DeviceMemory slots;
    private final DeviceMemory lists;
    private final DeviceMemory last;
    private final DeviceMemory logits;
    private final DeviceMemory logitRows;
    private final DeviceMemory targets;
    private final DeviceMemory alternatives;
    private final DeviceMemory entries;
    private final DeviceMemory stateSlots;
    private final DeviceMemory positions;
    private final DeviceMemory pageIndptr;
    private final DeviceMemory pageIndices;
    private final DeviceMemory pageTokens;
    private final DeviceMemory tokenIds;
    private final DeviceMemory logprobs;
    private final DeviceMemory flags;
    private final DeviceMemory topIds;
    private final DeviceMemory topLogprobs;

    Run(List<SamplingRow> given, int rowStart) {
      this.step = new SamplingStep(given);
      this.rowStart = rowStart;
      arena = bench.ints(step.arena);
      slots = unwritten(SLOT_BYTES);
      lists = unwritten(LIST_BYTES);
      last = unwritten(4);
      logits = bench.floats(logits(given));
      logitRows = bench.ints(step.logitRows);
      targets = bench.ints(step.targets);
      alternatives = bench.ints(step.alternatives);
      entries = bench.ints(step.entries);
      stateSlots = bench.ints(step.slots);
      positions = bench.ints(step.positions);
      pageIndptr = bench.ints(step.pageIndptr);
      pageIndices = bench.ints(step.pageIndices);
      pageTokens = bench.ints(step.pageTokens);
      tokenIds = unwritten(4);
      logprobs = unwritten(4);
      flags = unwritten(4);
      topIds = unwritten(4 * TOP);
      topLogprobs = unwritten(4 * TOP);
    }

    private DeviceMemory unwritten(int bytesPerRow) {
      return bench.filled((long) bytesPerRow * step.count, UNWRITTEN);
    }

    private float[] logits(List<SamplingRow> given) {
      float[] block = new float[rows * stride];
      for (int r = rowStart; r < Math.min(step.count, rowStart + rows); r++) {
        System.arraycopy(given.get(r).logits(), 0, block, (r - rowStart) * stride, vocabulary);
      }
      return block;
    }

    Results run() {
      bench.run("assign_slots", Dim3.of(3), 128, this::assign);
      Dim3 grid = Dim3.of(chunks(), rows);
      bench.run("sample_scan", grid, THREADS, this::scan);
      bench.run("sample_adjust", Dim3.of(adjusters), THREADS, this::adjust);
      bench.run("sample_draw", grid, THREADS, this::draw);
      int[] bySlot = bench.readInts(last);
      return new Results(
          bench.readInts(tokenIds),
          bench.readFloats(logprobs),
          bench.readInts(flags),
          bench.readInts(topIds),
          bench.readFloats(topLogprobs),
          Arrays.stream(step.slots).map(slot -> bySlot[slot]).toArray());
    }

    private KernelArguments.Builder assign(KernelArguments.Builder arguments) {
      return arguments
          .pointer("arena", arena)
          .pointer("slots", slots)
          .pointer("slotLists", lists)
          .pointer("lastTokens", last);
    }

    private KernelArguments.Builder matrix(KernelArguments.Builder arguments) {
      return arguments
          .pointer("logits", logits)
          .int64("stride", stride)
          .int32("vocabulary", vocabulary)
          .pointer("header", arena)
          .int32("rowStart", rowStart);
    }

    private KernelArguments.Builder rows(KernelArguments.Builder arguments) {
      return arguments.pointer("logitRows", logitRows).pointer("logitTargets", targets);
    }

    private KernelArguments.Builder entries(KernelArguments.Builder arguments) {
      return arguments
          .pointer("logitEntries", entries)
          .pointer("stateSlots", stateSlots)
          .pointer("positions", positions);
    }

    private KernelArguments.Builder results(KernelArguments.Builder arguments) {
      return arguments
          .pointer("workspace", workspace)
          .pointer("lastTokens", last)
          .pointer("tokenIds", tokenIds)
          .pointer("logprobs", logprobs)
          .pointer("flags", flags);
    }

    private KernelArguments.Builder scan(KernelArguments.Builder arguments) {
      return results(
              entries(rows(matrix(arguments)).pointer("logitAlternatives", alternatives))
                  .pointer("slots", slots))
          .pointer("topIds", topIds)
          .pointer("topLogprobs", topLogprobs);
    }

    private KernelArguments.Builder adjust(KernelArguments.Builder arguments) {
      return results(
          entries(rows(matrix(arguments).int32("mostRows", SamplingBench.this.rows)))
              .pointer("pageIndptr", pageIndptr)
              .pointer("pageIndices", pageIndices)
              .int32("pageSize", SamplingStep.PAGE_SIZE)
              .pointer("pageTokens", pageTokens)
              .pointer("slots", slots)
              .pointer("slotLists", lists)
              .pointer("scratchRows", scratch));
    }

    private KernelArguments.Builder draw(KernelArguments.Builder arguments) {
      return results(entries(rows(matrix(arguments))).pointer("slots", slots));
    }
  }
}
