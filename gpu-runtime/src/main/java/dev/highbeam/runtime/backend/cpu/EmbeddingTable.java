// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.HalfFloats;
import dev.highbeam.runtime.backend.PackedTable;
import dev.highbeam.runtime.backend.WeightSource;
import java.util.List;

/** An embedding table in f32 or bf16, in chunks of whole rows. Immutable once packed. */
final class EmbeddingTable implements PackedTable {

  private static final int CHUNK_ELEMENTS = 1 << 28;

  private final int rowCount;
  private final int width;
  private final DType dtype;
  private final int rowsPerChunk;
  private final float[][] floats;
  private final short[][] halves;

  private EmbeddingTable(int rowCount, int width, DType dtype) {
    this.rowCount = rowCount;
    this.width = width;
    this.dtype = dtype;
    rowsPerChunk = Math.max(1, Math.min(rowCount, CHUNK_ELEMENTS / width));
    int chunks = (rowCount + rowsPerChunk - 1) / rowsPerChunk;
    floats = new float[dtype == DType.BF16 ? 0 : chunks][];
    halves = new short[dtype == DType.BF16 ? chunks : 0][];
    for (int chunk = 0; chunk < chunks; chunk++) {
      int elements = Math.min(rowsPerChunk, rowCount - chunk * rowsPerChunk) * width;
      if (dtype == DType.BF16) {
        halves[chunk] = new short[elements];
      } else {
        floats[chunk] = new float[elements];
      }
    }
  }

  static EmbeddingTable pack(WeightSource source, DType weightType, ThreadPool pool) {
    check(source);
    long[] shape = source.shape();
    DType dtype = PanelPacker.storedType(List.of(source), weightType);
    EmbeddingTable table =
        new EmbeddingTable(Math.toIntExact(shape[0]), Math.toIntExact(shape[1]), dtype);
    float[][] rows = new float[pool.threads()][table.width];
    pool.run(table.rowCount, (row, worker) -> table.packRow(source, row, rows[worker]));
    return table;
  }

  /** Refuses what is no table. */
  static void check(WeightSource source) {
    Checks.checkArgument(
        source.shape().length == 2,
        "table %s must have 2 dimensions, was %s",
        source.name(),
        source.shape().length);
  }

  private void packRow(WeightSource source, int row, float[] scratch) {
    source.read((long) row * width, scratch, 0, width);
    int offset = row % rowsPerChunk * width;
    if (dtype == DType.F32) {
      System.arraycopy(scratch, 0, floats[row / rowsPerChunk], offset, width);
      return;
    }
    short[] chunk = halves[row / rowsPerChunk];
    for (int i = 0; i < width; i++) {
      chunk[offset + i] = HalfFloats.floatToBf16(scratch[i]);
    }
  }

  @Override
  public int rowCount() {
    return rowCount;
  }

  @Override
  public int width() {
    return width;
  }

  @Override
  public long bytes() {
    return (long) rowCount * width * dtype.bytes();
  }

  /** target = row * scale. */
  void copyRow(int row, float scale, float[] target, int targetOffset) {
    int offset = row % rowsPerChunk * width;
    if (dtype == DType.F32) {
      float[] chunk = floats[row / rowsPerChunk];
      for (int i = 0; i < width; i++) {
        target[targetOffset + i] = chunk[offset + i] * scale;
      }
      return;
    }
    short[] chunk = halves[row / rowsPerChunk];
    for (int i = 0; i < width; i++) {
      target[targetOffset + i] = HalfFloats.bf16ToFloat(chunk[offset + i]) * scale;
    }
  }
}
