// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.WeightSource;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Brings weights into tiles, panel by panel on all threads. */
final class TilePacker {

  /** Columns of an int8 tile. */
  static final int INT8_COLUMNS = 64;

  private final NativeMemory memory;
  private final ThreadPool pool;

  TilePacker(NativeMemory memory, ThreadPool pool) {
    this.memory = memory;
    this.pool = pool;
  }

  TileWeights pack(LinearSpec spec, boolean isInt8) {
    StackedRows rows = new StackedRows(spec);
    int width = spec.inputWidth();
    int panelCount = StackedRows.panelCount(spec);
    int steps = isInt8 ? TileLayout.count(width, INT8_COLUMNS) : TileLayout.steps(width);
    long panelBytes = 2L * steps * TileKernels.TILE_BYTES;
    long panels = memory.take(panelCount * panelBytes);
    long scales = isInt8 ? memory.take(4L * panelCount * TileKernels.PANEL_COLUMNS) : 0;
    float[] bias = rows.panelBias();
    TileWeights weights =
        new TileWeights(
            spec, isInt8, steps, panelCount, panels, scales, bias == null ? 0 : memory.take(bias));
    try (NativeMemory scratch = new NativeMemory()) {
      Worker[] workers = new Worker[pool.threads()];
      Arrays.setAll(workers, i -> new Worker(weights, rows, scratch));
      pool.run(2 * panelCount, (half, worker) -> workers[worker].pack(half));
    }
    return weights;
  }

  /** Packs halves of panels: 16 columns of a product, which are 16 rows of the weights. */
  private static final class Worker {

    private static final int ROWS = TileKernels.PANEL_COLUMNS / 2;

    private final TileWeights weights;
    private final StackedRows rows;
    private final int width;
    private final float[] row;
    private final long gathered;
    private final long rounded;

    Worker(TileWeights weights, StackedRows rows, NativeMemory scratch) {
      this.weights = weights;
      this.rows = rows;
      width = weights.spec().inputWidth();
      row = new float[width];
      gathered = scratch.take(2L * ROWS * width);
      rounded = weights.isInt8() ? scratch.take(TileKernels.packInt8ScratchBytes(width)) : 0;
    }

    void pack(int half) {
      ByteBuffer source = source(half / 2, half % 2 * ROWS);
      long panel = weights.panels() + half / 2 * weights.panelBytes();
      long target = panel + half % 2 * (long) TileKernels.TILE_BYTES;
      if (weights.isInt8()) {
        long scales = weights.scales() + 4L * half * ROWS;
        TileKernels.packInt8Half(source, width, target, scales, rounded);
      } else {
        TileKernels.packBf16Half(source, width, target);
      }
    }

    /** The rows where they lie if they can be had so, else put together. */
    private ByteBuffer source(int panel, int column) {
      int first = StackedRows.row(weights.spec(), panel, column);
      int last = StackedRows.row(weights.spec(), panel, column + ROWS - 1);
      ByteBuffer direct = last == first + ROWS - 1 ? rows.direct(first, ROWS) : null;
      return direct == null ? gather(panel, column) : direct;
    }

    private ByteBuffer gather(int panel, int column) {
      for (int i = 0; i < ROWS; i++) {
        int from = StackedRows.row(weights.spec(), panel, column + i);
        if (from < 0) {
          Arrays.fill(row, 0f);
        } else {
          rows.read(from, row, 0);
        }
        Bf16Rows.write(row, NativeMemory.view(gathered + 2L * i * width, 2L * width));
      }
      return NativeMemory.view(gathered, 2L * ROWS * width);
    }
  }

  /** An embedding table in bf16, row by row. */
  TileTable packTable(WeightSource source) {
    EmbeddingTable.check(source);
    int rowCount = Math.toIntExact(source.shape()[0]);
    int width = Math.toIntExact(source.shape()[1]);
    long table = memory.take(2L * rowCount * width);
    float[][] rows = new float[pool.threads()][width];
    pool.run(
        rowCount,
        (row, worker) -> {
          ByteBuffer target = NativeMemory.view(table + 2L * row * width, 2L * width);
          if (source.dtype() == DType.BF16) {
            target.put(source.bytes((long) row * width, width));
          } else {
            source.read((long) row * width, rows[worker], 0, width);
            Bf16Rows.write(rows[worker], target);
          }
        });
    return new TileTable(source, rowCount, width, table);
  }
}
