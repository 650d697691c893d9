// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.KvGroup;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.RopeSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Takes the native memory of a program and binds its ops to the kernels of machine code. Used once
 * per executable, and only for programs of which {@link TileSupport} thinks well.
 */
final class TileBinder implements BoundProgram {

  private final Program program;
  private final Capacity capacity;
  private final StepState step;
  private final NativeMemory memory;
  private final TileBinding binding;
  private final List<TileCache> caches = new ArrayList<>();
  private final IdentityHashMap<RopeSpec, TileAngles> angles = new IdentityHashMap<>();
  private final Map<Integer, QuantizedRows> quantized = new HashMap<>();

  TileBinder(Program program, Capacity capacity, ThreadPool pool, NativeMemory memory) {
    this.program = program;
    this.capacity = capacity;
    this.memory = memory;
    this.step = new StepState(capacity, program.vocabularySize());
    long[] scratches = new long[pool.threads()];
    long scratchBytes = scratchBytes(program);
    Arrays.setAll(scratches, worker -> memory.take(scratchBytes));
    binding =
        new TileBinding(
            pool,
            memory,
            new TileBuffers(program, capacity, memory),
            new TileStep(capacity, memory),
            scratches);
    for (KvGroup group : program.kvGroups()) {
      caches.add(new TileCache(group, capacity, memory));
    }
  }

  /** Bytes that compiling takes beside weights and pages. */
  static long executableBytes(Program program, Capacity capacity, int threads) {
    return TileBuffers.bytes(program, capacity) + threads * scratchBytes(program);
  }

  /** Bytes of one page in all groups. */
  static long pageBytes(Program program, Capacity capacity) {
    return program.kvGroups().stream()
        .mapToLong(group -> TileCache.pageBytes(group, capacity.pageSize()))
        .sum();
  }

  private static long scratchBytes(Program program) {
    int headDim =
        Stream.concat(program.body().stream(), program.head().stream())
            .mapToInt(op -> op instanceof Op.Attention a ? a.attention().headDim() : 0)
            .max()
            .orElse(0);
    return Math.max(TileKernels.linearScratchBytes(), TileKernels.attentionScratchBytes(headDim));
  }

  @Override
  public StepState step() {
    return step;
  }

  @Override
  public BoundOp[] body() {
    return bind(program.body());
  }

  @Override
  public BoundOp[] head() {
    return bind(program.head());
  }

  @Override
  public void begin(ForwardBatch batch) {
    binding.step().begin(batch);
  }

  @Override
  public float[] contents(Buffer buffer, int rowCount) {
    return binding.buffers().contents(buffer, rowCount);
  }

  @Override
  public void close() {
    memory.close();
  }

  private BoundOp[] bind(List<Op> ops) {
    return ops.stream().map(this::bind).toArray(BoundOp[]::new);
  }

  private BoundOp bind(Op op) {
    if (op instanceof Op.Embed embed) {
      return new TileEmbedOp(embed, binding);
    }
    if (op instanceof Op.RmsNorm norm) {
      OpChecks.norm(norm);
      return new TileNormOp(norm, binding);
    }
    if (op instanceof Op.Linear linear) {
      OpChecks.linear(linear);
      return new TileLinearOp(linear, binding, quantized((TileWeights) linear.weight()));
    }
    if (op instanceof Op.RopeAppend append) {
      OpChecks.qkv(append, append.attention(), append.qkv(), append.group());
      return new TileRopeOp(append, angles(append.rope()), cache(append.group()), binding);
    }
    if (op instanceof Op.Attention attention) {
      OpChecks.qkv(attention, attention.attention(), attention.qkv(), attention.group());
      return new TileAttentionOp(attention, cache(attention.group()), capacity, binding);
    }
    if (op instanceof Op.Gather gather) {
      OpChecks.gather(gather);
      return new TileGatherOp(gather, binding);
    }
    if (op instanceof Op.ScoreOrSample sample) {
      return new TileSampleOp(sample, binding, step);
    }
    throw new IllegalArgumentException("op " + op.label() + " is unknown to the cpu backend");
  }

  private TileCache cache(KvGroup group) {
    return caches.get(group.index());
  }

  private TileAngles angles(RopeSpec rope) {
    return angles.computeIfAbsent(
        rope,
        spec ->
            TileAngles.of(new RopeTable(spec, capacity.maxModelLength(), binding.pool()), memory));
  }

  private QuantizedRows quantized(TileWeights weights) {
    if (!weights.isInt8()) {
      return QuantizedRows.NONE;
    }
    return quantized.computeIfAbsent(weights.spec().inputWidth(), this::takeQuantized);
  }

  private QuantizedRows takeQuantized(int width) {
    int rows = capacity.maxStepTokens();
    long tiles =
        (long) TileLayout.count(rows, TileKernels.TILE_ROWS)
            * TileLayout.stride(TileLayout.count(width, TilePacker.INT8_COLUMNS));
    return new QuantizedRows(memory.take(tiles * TileKernels.TILE_BYTES), memory.take(4L * rows));
  }
}
