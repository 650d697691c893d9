// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.Dim3;
import dev.highbeam.runtime.backend.cuda.driver.KernelArguments;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The step around the sampling kernels: slots assigned, page tables over a pool of pages in some
 * order, rows of logits. Each row is an entry of its own with its own slot.
 */
final class SamplingBench {

  /** Sizes that the launcher shares with the kernels. */
  static final int CHUNK = 8192;

  private static final int THREADS = 512;
  private static final int ROW_BYTES = 3104;
  private static final int CHUNK_BYTES = 192;
  private static final int LIST_WORDS = 128 + 2 * 1024;
  private static final int PAGE_SIZE = 4;
  private static final int TOP = 20;

  /**
   * A logit row.
   *
   * @param target the token to score, or -1 to sample
   * @param tokens the sequence so far; the row belongs to the last one
   */
  @SuppressWarnings("ArrayRecordComponent") // Test data, never compared.
  record Row(
      float[] logits,
      int target,
      int alternatives,
      SamplingParams params,
      int sampleIndex,
      int promptLength,
      int[] tokens,
      int[] endTokens) {}

  /** What the kernels wrote. */
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
      weights[c] = bytes.getLong(row * rowBytes() + ROW_BYTES + c * CHUNK_BYTES + 8);
    }
    return weights;
  }

  /** Whether counters, bins and scratch are as the next step needs them. */
  boolean isClean() {
    ByteBuffer bytes = bench.read(workspace);
    int dirt = 0;
    for (int row = 0; row < rows; row++) {
      dirt |= bytes.getInt(row * rowBytes() + 20);
      for (int at = 32; at < ROW_BYTES; at += 4) {
        dirt |= bytes.getInt(row * rowBytes() + at);
      }
    }
    for (int word : bench.readInts(scratch)) {
      dirt |= word;
    }
    return dirt == 0;
  }

  /** Runs all three kernels on one head block: as many rows from rowStart on as there is room for. */
  Results run(List<Row> step, int rowStart) {
    int count = step.size();
    int[] header = new int[16];
    header[1] = count;
    header[3] = count;
    header[8] = count;
    List<Integer> arena = new ArrayList<>();
    int[] logitRows = new int[count];
    int[] targets = new int[count];
    int[] alternatives = new int[count];
    int[] entries = new int[count];
    int[] slots = new int[count];
    int[] positions = new int[count];
    int[] pageIndptr = new int[count + 1];
    List<Integer> pages = new ArrayList<>();
    List<Integer> pool = new ArrayList<>();
    float[] logits = new float[rows * stride];
    for (int r = 0; r < count; r++) {
      Row row = step.get(r);
      // Tokens, slots and pages lie elsewhere than rows, so that no index passes for another.
      int token = count - 1 - r;
      logitRows[r] = token;
      positions[token] = row.tokens.length - 1;
      targets[r] = row.target;
      alternatives[r] = row.alternatives;
      entries[r] = r;
      slots[r] = (r + 1) % count;
      assign(arena, row, slots[r]);
      for (int at = 0; at < row.tokens.length; at += PAGE_SIZE) {
        pages.add(pool.size() / PAGE_SIZE);
        for (int i = at; i < at + PAGE_SIZE; i++) {
          pool.add(i < row.tokens.length ? row.tokens[i] : -1);
        }
      }
      pageIndptr[r + 1] = pages.size();
      if (r >= rowStart && r < rowStart + rows) {
        System.arraycopy(row.logits, 0, logits, (r - rowStart) * stride, vocabulary);
      }
    }
    // Pages in falling order: a page's place in the table is not its id.
    int poolPages = pages.size();
    int[] reversed = new int[pool.size()];
    for (int p = 0; p < poolPages; p++) {
      pages.set(p, poolPages - 1 - p);
      for (int i = 0; i < PAGE_SIZE; i++) {
        reversed[(poolPages - 1 - p) * PAGE_SIZE + i] = pool.get(p * PAGE_SIZE + i);
      }
    }
    header[9] = 16;
    DeviceMemory arenaMemory = bench.ints(concat(header, ints(arena)));
    DeviceMemory slotMemory = bench.filled(64L * count, 0x55);
    DeviceMemory listMemory = bench.filled(4L * LIST_WORDS * count, 0x55);
    DeviceMemory last = bench.filled(4L * count, 0x55);
    bench.run(
        "assign_slots",
        Dim3.of(3),
        128,
        a ->
            a.pointer("arena", arenaMemory)
                .pointer("slots", slotMemory)
                .pointer("slotLists", listMemory)
                .pointer("lastTokens", last));

    DeviceMemory logitMemory = bench.floats(logits);
    DeviceMemory logitRowMemory = bench.ints(logitRows);
    DeviceMemory targetMemory = bench.ints(targets);
    DeviceMemory alternativeMemory = bench.ints(alternatives);
    DeviceMemory entryMemory = bench.ints(entries);
    DeviceMemory stateSlotMemory = bench.ints(slots);
    DeviceMemory positionMemory = bench.ints(positions);
    DeviceMemory pageIndptrMemory = bench.ints(pageIndptr);
    DeviceMemory pageMemory = bench.ints(ints(pages));
    DeviceMemory poolMemory = bench.ints(reversed);
    DeviceMemory tokenIds = bench.filled(4L * count, 0x55);
    DeviceMemory logprobs = bench.filled(4L * count, 0x55);
    DeviceMemory flags = bench.filled(4L * count, 0x55);
    DeviceMemory topIds = bench.filled(4L * count * TOP, 0x55);
    DeviceMemory topLogprobs = bench.filled(4L * count * TOP, 0x55);
    UnaryOperator<KernelArguments.Builder> logitArguments =
        a ->
            a.pointer("logits", logitMemory)
                .int64("stride", stride)
                .int32("vocabulary", vocabulary)
                .pointer("header", arenaMemory)
                .int32("rowStart", rowStart);
    UnaryOperator<KernelArguments.Builder> rowArguments =
        a -> a.pointer("logitRows", logitRowMemory).pointer("logitTargets", targetMemory);
    UnaryOperator<KernelArguments.Builder> entryArguments =
        a ->
            a.pointer("logitEntries", entryMemory)
                .pointer("stateSlots", stateSlotMemory)
                .pointer("positions", positionMemory);
    UnaryOperator<KernelArguments.Builder> resultArguments =
        a ->
            a.pointer("workspace", workspace)
                .pointer("lastTokens", last)
                .pointer("tokenIds", tokenIds)
                .pointer("logprobs", logprobs)
                .pointer("flags", flags);
    Dim3 grid = Dim3.of(chunks(), rows);
    bench.run(
        "sample_scan",
        grid,
        THREADS,
        a -> {
          rowArguments
              .apply(logitArguments.apply(a))
              .pointer("logitAlternatives", alternativeMemory);
          entryArguments.apply(a).pointer("slots", slotMemory);
          return resultArguments
              .apply(a)
              .pointer("topIds", topIds)
              .pointer("topLogprobs", topLogprobs);
        });
    bench.run(
        "sample_adjust",
        Dim3.of(adjusters),
        THREADS,
        a -> {
          rowArguments.apply(logitArguments.apply(a).int32("mostRows", rows));
          entryArguments
              .apply(a)
              .pointer("pageIndptr", pageIndptrMemory)
              .pointer("pageIndices", pageMemory)
              .int32("pageSize", PAGE_SIZE)
              .pointer("pageTokens", poolMemory)
              .pointer("slots", slotMemory)
              .pointer("slotLists", listMemory)
              .pointer("scratchRows", scratch);
          return resultArguments.apply(a);
        });
    bench.run(
        "sample_draw",
        grid,
        THREADS,
        a -> {
          entryArguments.apply(rowArguments.apply(logitArguments.apply(a)));
          return resultArguments.apply(a.pointer("slots", slotMemory));
        });
    int[] bySlot = bench.readInts(last);
    return new Results(
        bench.readInts(tokenIds),
        bench.readFloats(logprobs),
        bench.readInts(flags),
        bench.readInts(topIds),
        bench.readFloats(topLogprobs),
        Arrays.stream(slots).map(slot -> bySlot[slot]).toArray());
  }

  private static void assign(List<Integer> arena, Row row, int slot) {
    SamplingParams p = row.params;
    long seed = p.seed().orElseThrow();
    Map<Integer, Float> biases = p.logitBias();
    List<Integer> words =
        List.of(
            bits(p.temperature()),
            bits(p.topP()),
            p.topK(),
            bits(p.minP()),
            (int) seed,
            (int) (seed >>> 32),
            row.sampleIndex,
            row.promptLength,
            p.minTokens(),
            bits(p.repetitionPenalty()),
            bits(p.frequencyPenalty()),
            bits(p.presencePenalty()),
            row.endTokens.length,
            biases.size(),
            0,
            0);
    arena.add(slot);
    arena.add(row.tokens[row.tokens.length - 1]);
    arena.add(3 + words.size() + row.endTokens.length + 2 * biases.size());
    arena.addAll(words);
    Arrays.stream(row.endTokens).forEach(arena::add);
    arena.addAll(biases.keySet());
    biases.values().forEach(bias -> arena.add(bits(bias)));
  }

  private static int bits(float value) {
    return Float.floatToRawIntBits(value);
  }

  private static int[] ints(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }

  private static int[] concat(int[] first, int[] second) {
    int[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }
}
