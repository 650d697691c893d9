// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.WeightSource;
import java.nio.FloatBuffer;
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
      long columnBytes = 4L * TileKernels.PANEL_COLUMNS * width;
      long[] columns = new long[pool.threads()];
      Arrays.setAll(columns, worker -> scratch.take(columnBytes));
      float[][] row = new float[pool.threads()][width];
      pool.run(
          panelCount,
          (panel, worker) -> {
            FloatBuffer view = NativeMemory.view(columns[worker], columnBytes).asFloatBuffer();
            readColumns(spec, rows, panel, row[worker], view);
            packPanel(weights, panel, columns[worker]);
          });
    }
    return weights;
  }

  private static void readColumns(
      LinearSpec spec, StackedRows rows, int panel, float[] row, FloatBuffer columns) {
    for (int column = 0; column < TileKernels.PANEL_COLUMNS; column++) {
      int source = StackedRows.row(spec, panel, column);
      if (source < 0) {
        Arrays.fill(row, 0f);
      } else {
        rows.read(source, row, 0);
      }
      columns.put(row);
    }
  }

  private static void packPanel(TileWeights weights, int panel, long columns) {
    int width = weights.spec().inputWidth();
    long target = weights.panels() + panel * weights.panelBytes();
    if (weights.isInt8()) {
      long scales = weights.scales() + 4L * panel * TileKernels.PANEL_COLUMNS;
      TileKernels.packInt8Panel(columns, width, target, scales);
    } else {
      TileKernels.packBf16Panel(columns, width, target);
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
          source.read((long) row * width, rows[worker], 0, width);
          Bf16Rows.write(rows[worker], NativeMemory.view(table + 2L * row * width, 2L * width));
        });
    return new TileTable(source, rowCount, width, table);
  }
}
