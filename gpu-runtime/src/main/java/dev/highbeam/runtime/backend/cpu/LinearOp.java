// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.Op;
import java.util.Arrays;

/**
 * A linear layer as block products of 8 rows by one panel, with bias, gate and residual applied to
 * each block while it is in the cache. A task is a few panels of a chunk of rows: a panel is read
 * from memory once per chunk, the chunk's input stays in the cache.
 */
final class LinearOp implements BoundOp, ThreadPool.Task {

  private static final int CHUNK_ROWS = 128;

  /** Tasks per thread and chunk: enough to even out what other processes take away. */
  private static final int TASKS_PER_THREAD = 8;

  private final Op.Linear op;
  private final PanelWeights weights;
  private final float[] in;
  private final float[] out;
  private final CpuContext context;
  private final int panelsPerTask;
  private final int tasksPerChunk;
  private int rows;

  LinearOp(Op.Linear op, PanelWeights weights, float[] in, float[] out, CpuContext context) {
    this.op = op;
    this.weights = weights;
    this.in = in;
    this.out = out;
    this.context = context;
    int wanted = context.pool().threads() * TASKS_PER_THREAD;
    panelsPerTask = Math.max(1, weights.panelCount() / wanted);
    tasksPerChunk = (weights.panelCount() + panelsPerTask - 1) / panelsPerTask;
  }

  @Override
  public String label() {
    return op.label();
  }

  @Override
  public void run(StepState step) {
    rows = step.rows(op.in());
    int chunks = (rows + CHUNK_ROWS - 1) / CHUNK_ROWS;
    context.pool().run(chunks * tasksPerChunk, this);
  }

  @Override
  public void run(int task, int worker) {
    Scratch scratch = context.scratch(worker);
    int firstRow = task / tasksPerChunk * CHUNK_ROWS;
    int endRow = Math.min(rows, firstRow + CHUNK_ROWS);
    int firstPanel = task % tasksPerChunk * panelsPerTask;
    int endPanel = Math.min(weights.panelCount(), firstPanel + panelsPerTask);
    for (int panel = firstPanel; panel < endPanel; panel++) {
      for (int row = firstRow; row < endRow; row += Product.ROWS) {
        int count = Math.min(Product.ROWS, endRow - row);
        multiply(panel, row, count, scratch);
        finish(panel, row, count, scratch.sums);
      }
    }
  }

  private void multiply(int panel, int row, int count, Scratch scratch) {
    Arrays.fill(scratch.sums, 0f);
    Product product = scratch.product;
    product.rows = count;
    product.depth = op.in().width();
    product.x = in;
    product.xOffset = row * op.in().width();
    product.xStride = op.in().width();
    product.weightOffset = weights.offset(panel);
    product.weightStride = weights.stride();
    product.sums = scratch.sums;
    product.sumOffset = 0;
    product.sumStride = Product.COLUMNS;
    if (weights.dtype() == DType.BF16) {
      product.words = weights.words(panel);
      context.kernels().multiplyBf16(product);
    } else {
      product.weights = weights.floats(panel);
      context.kernels().multiply(product);
    }
  }

  private void finish(int panel, int row, int count, float[] sums) {
    float[] bias = weights.bias();
    if (bias != null) {
      for (int r = 0; r < count; r++) {
        add(bias, panel * Product.COLUMNS, sums, r * Product.COLUMNS, Product.COLUMNS);
      }
    }
    Epilogue epilogue = weights.spec().epilogue();
    if (epilogue.isGated()) {
      context.kernels().gate(sums, count, epilogue);
    }
    if (op.out().dtype() == DType.BF16 && epilogue != Epilogue.ADD) {
      context.kernels().roundToBf16(sums, 0, count * Product.COLUMNS);
    }
    int width = op.out().width();
    int column = panel * weights.panelOutputs();
    int columns = Math.min(weights.panelOutputs(), width - column);
    for (int r = 0; r < count; r++) {
      int to = (row + r) * width + column;
      if (epilogue != Epilogue.ADD) {
        System.arraycopy(sums, r * Product.COLUMNS, out, to, columns);
        continue;
      }
      add(sums, r * Product.COLUMNS, out, to, columns);
      if (op.out().dtype() == DType.BF16) {
        context.kernels().roundToBf16(out, to, columns);
      }
    }
  }

  private static void add(float[] source, int from, float[] target, int to, int count) {
    for (int i = 0; i < count; i++) {
      target[to + i] += source[from + i];
    }
  }
}
