// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.KvGroup;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.RopeSpec;
import dev.highbeam.runtime.backend.SlotAssignment;
import dev.highbeam.runtime.backend.StepOutput;
import dev.highbeam.runtime.backend.TestSequence;
import dev.highbeam.runtime.backend.WeightSource;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Times steps of a decoder of real shape with random weights, in all and by kind of op, beside the
 * least time that the machine's limits allow: decode of several batches, and prompts of 128 tokens.
 * benchmarks/README.md says how to run it.
 */
final class CpuModelBenchmark {

  private static final int PAGE_SIZE = 16;

  /** A decoder's sizes. */
  private record Shape(
      int hidden, int layers, int queryHeads, int kvHeads, int headDim, int gate, int vocabulary) {}

  private static final Map<String, Shape> SHAPES =
      Map.of(
          "llama-1b", new Shape(2048, 16, 32, 8, 64, 8192, 128_256),
          "qwen-0.5b", new Shape(896, 24, 14, 2, 64, 4864, 151_936));

  private final PrintStream out =
      new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
  private final Shape shape;
  private final boolean isInt8;
  private final int context;
  private final double bytesPerSecond;
  private final double operationsPerSecond;
  private final CpuBackend backend;
  private final Capacity capacity;
  private final BoundProgram bound;
  private final Program program;
  private final BoundOp[] body;
  private final BoundOp[] head;

  private CpuModelBenchmark(
      Shape shape, String type, int context, int threads, double gigabytes, double teraoperations) {
    this.shape = shape;
    this.bytesPerSecond = gigabytes * 1e9;
    this.operationsPerSecond = teraoperations * 1e12;
    this.isInt8 = type.equals("int8");
    this.context = context;
    backend = CpuBackend.create(threads, isInt8);
    int sequences = 256;
    int pages = (context + PAGE_SIZE) / PAGE_SIZE;
    capacity = new Capacity(1024, sequences, 4096, PAGE_SIZE, sequences * pages);
    long begin = System.nanoTime();
    program = program();
    out.printf("packed in %.1f s%n", (System.nanoTime() - begin) * 1e-9);
    bound = backend.bind(program, capacity);
    body = bound.body();
    head = bound.head();
  }

  public static void main(String[] args) {
    Shape shape = SHAPES.get(args[0]);
    int context = Integer.parseInt(args[2]);
    int threads = Integer.parseInt(args[3]);
    CpuModelBenchmark benchmark =
        new CpuModelBenchmark(
            shape,
            args[1],
            context,
            threads,
            Double.parseDouble(args[6]),
            Double.parseDouble(args[7]));
    benchmark.out.println("| step | op | ms | least ms | of the limit |");
    benchmark.out.println("|---|---|---|---|---|");
    for (String batch : args[4].split(",")) {
      benchmark.measure(
          "decode " + batch,
          Integer.parseInt(batch),
          () -> benchmark.decode(Integer.parseInt(batch)));
    }
    for (String tokens : args[5].split(",")) {
      int count = Integer.parseInt(tokens);
      benchmark.measure("prompt " + tokens, count, () -> benchmark.prompt(count));
    }
    System.exit(0);
  }

  private void measure(String name, int tokens, java.util.function.Supplier<ForwardBatch> batch) {
    double best = Double.MAX_VALUE;
    List<Double> all = new ArrayList<>();
    Map<String, Double> bestByKind = Map.of();
    StepOutput output = new StepOutput(capacity.maxStepTokens(), 20);
    for (int round = 0; round < 9; round++) {
      Map<String, Double> byKind = new TreeMap<>();
      ForwardBatch step = batch.get();
      long begin = System.nanoTime();
      bound.step().begin(step, output);
      bound.begin(step);
      run(body, byKind);
      bound.step().beginHead(0, step.logitCount());
      run(head, byKind);
      double seconds = (System.nanoTime() - begin) * 1e-9;
      all.add(seconds);
      if (seconds < best) {
        best = seconds;
        bestByKind = byKind;
      }
    }
    all.sort(null);
    report(name, tokens, all.get(all.size() / 2), best, bestByKind, costs(batch.get()));
  }

  private void report(
      String name,
      int tokens,
      double median,
      double best,
      Map<String, Double> byKind,
      Map<String, StepCost> costs) {
    StepCost all = costs.values().stream().reduce(StepCost.NONE, StepCost::plus);
    byKind.forEach(
        (kind, seconds) -> row(name, kind, seconds, costs.getOrDefault(kind, StepCost.NONE)));
    row(name, "all", best, all);
    out.printf(
        "%s: %.2f ms, median %.2f, %.1f tokens/s%n", name, best * 1e3, median * 1e3, tokens / best);
  }

  private void row(String name, String kind, double seconds, StepCost cost) {
    double least = cost.seconds(bytesPerSecond, operationsPerSecond);
    out.printf(
        "| %s | %s | %.2f | %.2f | %.0f %% |%n",
        name, kind, seconds * 1e3, least * 1e3, 100 * least / seconds);
  }

  private Map<String, StepCost> costs(ForwardBatch batch) {
    Map<String, StepCost> costs = new TreeMap<>();
    for (List<Op> ops : List.of(program.body(), program.head())) {
      for (Op op : ops) {
        costs.merge(kind(op.label()), StepCost.of(op, batch, isInt8 ? 1 : 2), StepCost::plus);
      }
    }
    return costs;
  }

  private static String kind(String label) {
    return label.replaceAll("layer \\d+ ", "");
  }

  private void run(BoundOp[] ops, Map<String, Double> byKind) {
    for (BoundOp op : ops) {
      long begin = System.nanoTime();
      op.run(bound.step());
      byKind.merge(kind(op.label()), (System.nanoTime() - begin) * 1e-9, Double::sum);
    }
  }

  private ForwardBatch decode(int sequences) {
    ForwardBatch batch = new ForwardBatch(capacity);
    batch.clear();
    int pages = 0;
    int perSequence = (context + PAGE_SIZE) / PAGE_SIZE;
    for (int s = 0; s < sequences; s++) {
      for (int page = 0; page < perSequence; page++) {
        batch.pageIndices[pages++] = s * perSequence + page;
      }
      add(batch, s, context, s * perSequence * PAGE_SIZE + context);
      batch.lastPageLength[s] = context % PAGE_SIZE + 1;
      batch.logitRows[s] = s;
      batch.logitTargets[s] = ForwardBatch.SAMPLE;
      assign(batch, s);
      batch.endEntry(s + 1, pages, s + 1, ForwardBatch.TokenClass.OUTPUT);
    }
    return batch;
  }

  private ForwardBatch prompt(int tokens) {
    ForwardBatch batch = new ForwardBatch(capacity);
    batch.clear();
    // Prompts of 128 tokens.
    int entry = 0;
    int pages = 0;
    for (int begin = 0; begin < tokens; begin += 128) {
      int end = Math.min(tokens, begin + 128);
      for (int t = begin; t < end; t++) {
        add(batch, t, t - begin, t);
      }
      for (int page = begin / PAGE_SIZE; page * PAGE_SIZE < end; page++) {
        batch.pageIndices[pages++] = page;
      }
      batch.lastPageLength[entry] = (end - begin - 1) % PAGE_SIZE + 1;
      batch.logitRows[entry] = end - 1;
      batch.logitTargets[entry] = ForwardBatch.SAMPLE;
      assign(batch, entry);
      entry++;
      batch.endEntry(end, pages, entry, ForwardBatch.TokenClass.PROMPT);
    }
    return batch;
  }

  private static void add(ForwardBatch batch, int token, int position, int slot) {
    batch.tokenIds[token] = token * 7 % 1000;
    batch.positions[token] = position;
    batch.slotMapping[token] = slot;
  }

  private static void assign(ForwardBatch batch, int slot) {
    batch.stateSlots[slot] = slot;
    batch.assign(
        new SlotAssignment(
            slot,
            TestSequence.params(SamplingSetting.TEMPERATURE, 0),
            0,
            1,
            new int[] {slot},
            1,
            new int[0]));
  }

  private Program program() {
    Program.Builder program = Program.builder(shape.vocabulary());
    int dim = shape.headDim();
    int queries = shape.queryHeads() * dim;
    int kv = shape.kvHeads() * dim;
    Buffer residual = program.buffer("residual", Buffer.Rows.TOKENS, shape.hidden(), DType.F32);
    Buffer normed = program.buffer("normed", Buffer.Rows.TOKENS, shape.hidden(), DType.BF16);
    Buffer qkv = program.buffer("qkv", Buffer.Rows.TOKENS, queries + 2 * kv, DType.BF16);
    Buffer attended = program.buffer("attended", Buffer.Rows.TOKENS, queries, DType.BF16);
    Buffer gated = program.buffer("gated", Buffer.Rows.TOKENS, shape.gate(), DType.BF16);
    KvGroup group = program.kvGroup(shape.layers(), shape.kvHeads(), dim, DType.BF16);
    AttentionSpec spec =
        new AttentionSpec(
            shape.queryHeads(), shape.kvHeads(), dim, (float) (1 / Math.sqrt(dim)), 0, 0);
    float[] frequencies = new float[dim / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = (float) Math.pow(500_000, -2.0 * i / dim);
    }
    RopeSpec rope = new RopeSpec(dim, frequencies, 1);
    WeightSource table = new CyclicWeights("table", 0.02f, shape.vocabulary(), shape.hidden());
    program.body(new Op.Embed("embed", residual, backend.packTable(table, DType.BF16), 1));
    for (int layer = 0; layer < shape.layers(); layer++) {
      String name = "layer " + layer + " ";
      program
          .body(new Op.RmsNorm(name + "norm", normed, residual, norm(), 1e-5f))
          .body(linear(name + "qkv", qkv, normed, Epilogue.STORE, queries + 2 * kv))
          .body(new Op.RopeAppend(name + "rope", qkv, spec, rope, group, layer))
          .body(new Op.Attention(name + "attention", attended, qkv, spec, group, layer))
          .body(linear(name + "output", residual, attended, Epilogue.ADD, shape.hidden()))
          .body(new Op.RmsNorm(name + "norm", normed, residual, norm(), 1e-5f))
          .body(linear(name + "gate", gated, normed, Epilogue.GATED_SILU, 2 * shape.gate()))
          .body(linear(name + "down", residual, gated, Epilogue.ADD, shape.hidden()));
    }
    Buffer.Rows rows = Buffer.Rows.LOGIT_ROWS;
    Buffer gathered = program.buffer("gathered", rows, shape.hidden(), DType.F32);
    Buffer last = program.buffer("last", rows, shape.hidden(), DType.BF16);
    Buffer logits = program.buffer("logits", rows, shape.vocabulary(), DType.F32);
    program
        .head(new Op.Gather("gather", gathered, residual))
        .head(new Op.RmsNorm("norm", last, gathered, norm(), 1e-5f))
        .head(linear("head", logits, last, Epilogue.STORE, shape.vocabulary()))
        .head(new Op.ScoreOrSample("sample", logits));
    return program.build();
  }

  private dev.highbeam.runtime.backend.PackedVector norm() {
    return backend.packVector(new CyclicWeights("norm", 0.1f, shape.hidden()), 1);
  }

  private Op linear(String label, Buffer target, Buffer in, Epilogue epilogue, int rows) {
    List<WeightSource> members =
        List.of(new CyclicWeights(label, (float) (1 / Math.sqrt(in.width())), rows, in.width()));
    LinearSpec spec = new LinearSpec(label, members, Arrays.asList((WeightSource) null), epilogue);
    return new Op.Linear(label, target, in, backend.pack(spec, DType.BF16));
  }
}
