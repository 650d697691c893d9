// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Runs a few ops over given inputs: each input is an embedding table whose row i is row i of the
 * input, so that a prompt of tokens 0, 1, 2... fills the buffers. A step of NaN in all rows comes
 * first, so that whatever reads rows or columns that are not its own shows.
 */
public final class OpBench implements AutoCloseable {

  private static final int PAGE_SIZE = 16;
  private static final int SPARE_ROWS = 3;

  private final BackendUnderTest under;
  private final Backend backend;
  private final int rowCount;
  private final Program.Builder program;
  private final List<Op> ops = new ArrayList<>();

  public OpBench(BackendUnderTest under, int rowCount) {
    this.under = under;
    this.backend = under.backend();
    this.rowCount = rowCount;
    this.program = Program.builder(rowCount + 1);
  }

  public Backend backend() {
    return backend;
  }

  /** A buffer [rowCount, width] that holds the values, rounded to the type, before the ops. */
  public Buffer input(DType dtype, float[] values) {
    int width = values.length / rowCount;
    float[] table = Arrays.copyOf(values, values.length + width);
    Arrays.fill(table, values.length, table.length, Float.NaN);
    Buffer buffer = output(dtype, width);
    PackedTable packed =
        backend.packTable(InMemoryWeights.of("input", dtype, table, rowCount + 1, width), dtype);
    program.body(new Op.Embed("input", buffer, packed, 1));
    return buffer;
  }

  /** A buffer of that width that an op writes. */
  public Buffer output(DType dtype, int width) {
    return program.buffer("buffer", Buffer.Rows.TOKENS, width, backend.activationType(dtype));
  }

  public OpBench op(Op op) {
    ops.add(op);
    return this;
  }

  /** Runs the ops and gives the rows of a buffer. */
  public float[] run(Buffer out) {
    ops.forEach(program::body);
    int maxTokens = rowCount + SPARE_ROWS;
    int pageCount = (maxTokens + PAGE_SIZE - 1) / PAGE_SIZE;
    Capacity capacity = new Capacity(maxTokens, 1, maxTokens, PAGE_SIZE, pageCount);
    try (Executable executable = backend.compile(program.build(), capacity)) {
      int[] poison = new int[maxTokens];
      Arrays.fill(poison, rowCount);
      step(executable, capacity, poison);
      int[] rows = new int[rowCount];
      Arrays.setAll(rows, i -> i);
      step(executable, capacity, rows);
      return under.read(executable, out, rowCount);
    }
  }

  private static void step(Executable executable, Capacity capacity, int[] tokenIds) {
    TestSequence sequence =
        new TestSequence(0, tokenIds.length, tokenIds).pagesFrom(0, PAGE_SIZE, tokenIds.length);
    executable.launch(new TestSteps(capacity).add(sequence, tokenIds.length).build());
    executable.await();
  }

  @Override
  public void close() {
    backend.close();
  }
}
