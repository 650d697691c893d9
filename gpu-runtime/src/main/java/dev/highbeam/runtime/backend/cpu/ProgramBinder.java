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
import java.util.IdentityHashMap;
import java.util.List;
import java.util.stream.Stream;

/**
 * Takes the memory of a program and binds its ops to it. Used once per executable: all that a step
 * needs is allocated here.
 */
final class ProgramBinder implements BoundProgram {

  private final Program program;
  private final Capacity capacity;
  private final CpuContext context;
  private final BindContext binding;
  private final float[][] buffers;
  private final List<KvCache> caches = new ArrayList<>();
  private final IdentityHashMap<RopeSpec, RopeTable> ropes = new IdentityHashMap<>();

  ProgramBinder(Program program, Capacity capacity, ThreadPool pool, Kernels kernels) {
    this.program = program;
    this.capacity = capacity;
    int headDim =
        Stream.concat(program.body().stream(), program.head().stream())
            .mapToInt(op -> op instanceof Op.Attention a ? a.attention().headDim() : 0)
            .max()
            .orElse(0);
    Scratch[] scratches = new Scratch[pool.threads()];
    Arrays.setAll(
        scratches,
        worker -> new Scratch(headDim, capacity.maxModelLength(), program.vocabularySize()));
    context = new CpuContext(pool, kernels, scratches);
    binding = new BindContext(context, new StepState(capacity, program.vocabularySize()));
    buffers = new float[program.buffers().size()][];
    for (Buffer buffer : program.buffers()) {
      int rows =
          switch (buffer.rows()) {
            case TOKENS -> capacity.maxStepTokens();
            case LOGIT_ROWS -> capacity.headRows();
          };
      // Block products read whole blocks of rows, whatever the last ones hold.
      buffers[buffer.index()] = new float[Math.multiplyExact(rows + Product.ROWS, buffer.width())];
    }
    for (KvGroup group : program.kvGroups()) {
      caches.add(new KvCache(group, capacity));
    }
  }

  @Override
  public StepState step() {
    return binding.step();
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
    // Java's kernels read the batch itself.
  }

  @Override
  public float[] contents(Buffer buffer, int rowCount) {
    return Arrays.copyOf(memory(buffer), rowCount * buffer.width());
  }

  @Override
  public void close() {
    // All memory is on the heap and goes with this object; the threads are the backend's.
  }

  private BoundOp[] bind(List<Op> ops) {
    return ops.stream().map(this::bind).toArray(BoundOp[]::new);
  }

  // Op is sealed; Java 17 has no exhaustive switch over its records yet.
  private BoundOp bind(Op op) {
    if (op instanceof Op.Embed embed) {
      EmbeddingTable table = JavaWeights.of(embed.table(), context.pool());
      return new EmbedOp(embed, table, memory(embed.out()), context.kernels());
    }
    if (op instanceof Op.RmsNorm norm) {
      OpChecks.norm(norm);
      return new NormOp(norm, memory(norm.in()), memory(norm.out()), context);
    }
    if (op instanceof Op.Linear linear) {
      OpChecks.linear(linear);
      PanelWeights weights = JavaWeights.of(linear.weight(), context.pool());
      return new LinearOp(linear, weights, memory(linear.in()), memory(linear.out()), context);
    }
    if (op instanceof Op.RopeAppend append) {
      OpChecks.qkv(op, append.attention(), append.qkv(), append.group());
      return new RopeAppendOp(
          append, memory(append.qkv()), cache(append.group()), rope(append.rope()), binding);
    }
    if (op instanceof Op.Attention attention) {
      OpChecks.qkv(op, attention.attention(), attention.qkv(), attention.group());
      float[] out = memory(attention.out());
      KvCache cache = cache(attention.group());
      return new AttentionOp(attention, out, memory(attention.qkv()), cache, binding);
    }
    if (op instanceof Op.Gather gather) {
      OpChecks.gather(gather);
      return new GatherOp(gather, memory(gather.in()), memory(gather.out()), context.kernels());
    }
    if (op instanceof Op.ScoreOrSample sample) {
      return new SampleOp(sample, memory(sample.logits()), binding);
    }
    throw new IllegalArgumentException("op " + op.label() + " is unknown to the cpu backend");
  }

  private float[] memory(Buffer buffer) {
    return buffers[buffer.index()];
  }

  private KvCache cache(KvGroup group) {
    return caches.get(group.index());
  }

  private RopeTable rope(RopeSpec rope) {
    return ropes.computeIfAbsent(
        rope, spec -> new RopeTable(spec, capacity.maxModelLength(), context.pool()));
  }
}
