// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Runs embed, rope and append, attention over sequences whose tokens name rows of a random qkv
 * table. Every slot of every page holds NaN before, so that reading a key or value that is not the
 * sequence's own shows, even where its weight is zero.
 */
final class AttentionBench implements AutoCloseable {

  static final int VOCABULARY = 64;
  private static final int POISON = VOCABULARY;
  private static final int POISON_TOKENS = 32;
  private static final int MAX_STEP_TOKENS = 160;

  private final BackendUnderTest under;
  private final Backend backend;
  private final AttentionSpec spec;
  private final RopeSpec rope;
  private final KvGroup group;
  private final Buffer qkv;
  private final Buffer out;
  private final float[] table;
  private final Capacity capacity;
  private final Executable executable;
  private final Map<String, float[]> rows = new HashMap<>();

  AttentionBench(
      BackendUnderTest under,
      AttentionSpec spec,
      RopeSpec rope,
      DType dtype,
      DType kvType,
      int pageSize) {
    this.under = under;
    this.backend = under.backend();
    this.spec = spec;
    this.rope = rope;
    int width = (spec.queryHeads() + 2 * spec.kvHeads()) * spec.headDim();
    float[] values = InMemoryWeights.uniform(spec.headDim(), 1.5f, (VOCABULARY + 1) * width);
    this.table = Expected.rounded(values, dtype);
    Arrays.fill(table, POISON * width, table.length, Float.NaN);
    Program.Builder program = Program.builder(VOCABULARY + 1);
    DType type = backend.activationType(dtype);
    this.qkv = program.buffer("qkv", Buffer.Rows.TOKENS, width, type);
    this.out = program.buffer("out", Buffer.Rows.TOKENS, spec.queryHeads() * spec.headDim(), type);
    // Two layers, of which the second is used: a layer's offset must count.
    this.group = program.kvGroup(2, spec.kvHeads(), spec.headDim(), kvType);
    DType tableType = dtype == DType.BF16 ? DType.BF16 : DType.F32;
    InMemoryWeights source = InMemoryWeights.of("qkv", tableType, table, VOCABULARY + 1, width);
    program.body(new Op.Embed("embed", qkv, backend.packTable(source, tableType), 1));
    program.body(new Op.RopeAppend("rope", qkv, spec, rope, group, 1));
    program.body(new Op.Attention("attention", out, qkv, spec, group, 1));
    this.capacity = new Capacity(MAX_STEP_TOKENS, 8, 256, pageSize, 2 * 256 / pageSize);
    this.executable = backend.compile(program.build(), capacity);
    poison();
  }

  /** Short sequences one after the other, so that no token sees many keys. */
  private void poison() {
    int[] tokens = new int[POISON_TOKENS];
    Arrays.fill(tokens, POISON);
    int pages = POISON_TOKENS / capacity.pageSize();
    for (int page = 0; page < capacity.pageCount(); page += pages) {
      TestSequence sequence = new TestSequence(0, POISON_TOKENS, tokens);
      sequence.pagesFrom(page, capacity.pageSize(), POISON_TOKENS);
      launch(new TestSteps(capacity).add(sequence, POISON_TOKENS));
    }
  }

  Capacity capacity() {
    return capacity;
  }

  TestSteps steps() {
    return new TestSteps(capacity);
  }

  /** A sequence of seeded random tokens with pages from the first on. */
  TestSequence sequence(int slot, int promptLength, int tokenCount, int firstPage) {
    return new TestSequence(slot, promptLength, tokens(slot, tokenCount))
        .pagesFrom(firstPage, capacity.pageSize(), tokenCount);
  }

  static int[] tokens(long seed, int count) {
    return new java.util.SplittableRandom(seed).ints(count, 0, VOCABULARY).toArray();
  }

  private float[] launch(TestSteps steps) {
    ForwardBatch batch = steps.build();
    executable.launch(batch);
    executable.await();
    return under.read(executable, out, batch.tokenCount());
  }

  /** Runs a step and keeps the attention's output of the tokens that these sequences have in it. */
  void run(TestSteps steps, TestSequence... sequences) {
    float[] values = launch(steps);
    for (TestSequence sequence : sequences) {
      for (int position = 0; position < sequence.tokenCount(); position++) {
        int row = steps.tokenRow(sequence, position);
        if (row >= 0) {
          int width = out.width();
          rows.put(
              sequence.slot + ":" + position,
              Arrays.copyOfRange(values, row * width, (row + 1) * width));
        }
      }
    }
  }

  /** What the last step that had this token gave for it. */
  float[] row(TestSequence sequence, int position) {
    return rows.get(sequence.slot + ":" + position);
  }

  /** All rows of a sequence, by position. */
  float[][] rows(TestSequence sequence) {
    float[][] all = new float[sequence.tokenCount()][];
    Arrays.setAll(all, position -> row(sequence, position));
    return all;
  }

  /** What must come out for each token of a sequence. */
  double[][] expected(TestSequence sequence) {
    int width = qkv.width();
    float[][] inputs = new float[sequence.tokenCount()][];
    for (int p = 0; p < inputs.length; p++) {
      int id = sequence.tokenIds.get(p);
      inputs[p] = Arrays.copyOfRange(table, id * width, (id + 1) * width);
    }
    return Expected.attention(spec, rope, group.dtype(), inputs);
  }

  @Override
  public void close() {
    executable.close();
    backend.close();
  }
}
