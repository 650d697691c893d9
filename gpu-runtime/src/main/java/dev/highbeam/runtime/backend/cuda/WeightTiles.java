// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.HalfFloats;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.WeightSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A linear's weights as its kernels read them: tiles [row tile of 64][k tile of 128 bytes] of 8 KiB
 * each, contiguous. Within a tile [64 rows][128 bytes] the 16-byte chunk c of row r lies at chunk c
 * ^ (r & 7), the 128-byte swizzle of Hopper's matrix descriptors (PTX ISA, "Asynchronous warpgroup
 * level matrix instructions"), which also keeps ldmatrix free of bank conflicts. Rows are padded to
 * 128, k to whole tiles, with zeros.
 *
 * <p>Of a gated linear each 16 packed rows are 8 gate rows and the 8 up rows that belong to them,
 * so that the thread that holds the sum of a gate also holds that of its up.
 *
 * <p>Packing runs tile by tile into whatever buffer the caller has, so that memory does not depend
 * on the size of the weights. Safe to use from several threads.
 */
final class WeightTiles {

  /** Bytes of a tile: the unit of packing. */
  static final int TILE_BYTES = 8192;

  private static final int TILE_ROWS = 64;
  private static final int TILE_ROW_BYTES = LinearFamily.TILE_ROW_BYTES;
  private static final int ROW_PADDING = 128;
  private static final int CHUNK_BYTES = 16;
  private static final int GROUP_ROWS = 16;

  private final LinearSpec spec;
  private final DType type;
  private final int rows;
  private final int width;
  private final int tileColumns;
  private final int kTiles;

  /**
   * The tiles of a linear in a type.
   *
   * @param type F32, BF16 or F16: members of other types are converted, rounding to nearest even
   */
  WeightTiles(LinearSpec spec, DType type) {
    Checks.checkArgument(
        type == DType.F32 || type == DType.BF16 || type == DType.F16,
        "weights must be F32, BF16 or F16, was %s",
        type);
    check(spec);
    this.spec = spec;
    this.type = type;
    this.rows = spec.rowCount();
    this.width = spec.inputWidth();
    this.tileColumns = TILE_ROW_BYTES / type.bytes();
    this.kTiles = LinearFamily.ceilDiv(width, tileColumns);
  }

  /** Rows with the padding. */
  int paddedRows() {
    return LinearFamily.ceilDiv(rows, ROW_PADDING) * ROW_PADDING;
  }

  /** Bytes of all tiles. */
  long bytes() {
    return (long) (paddedRows() / TILE_ROWS) * kTiles * TILE_BYTES;
  }

  /**
   * Fills the target from its position to its limit with the packed bytes from an offset on.
   *
   * @param offset first byte, a multiple of TILE_BYTES
   * @param target little-endian; its remaining bytes are a multiple of TILE_BYTES
   */
  void pack(long offset, ByteBuffer target) {
    Checks.checkArgument(
        offset >= 0 && offset % TILE_BYTES == 0 && target.remaining() % TILE_BYTES == 0,
        "offset and length must be multiples of %s, were %s and %s",
        TILE_BYTES,
        offset,
        target.remaining());
    Checks.checkArgument(
        offset + target.remaining() <= bytes(),
        "packing must end within %s bytes, was %s",
        bytes(),
        offset + target.remaining());
    Checks.checkArgument(
        target.order() == ByteOrder.LITTLE_ENDIAN, "the target must be little-endian");
    long tile = offset / TILE_BYTES;
    while (target.hasRemaining()) {
      int firstKTile = (int) (tile % kTiles);
      int count = Math.min(kTiles - firstKTile, target.remaining() / TILE_BYTES);
      int firstRow = Math.toIntExact(tile / kTiles * TILE_ROWS);
      for (int r = 0; r < TILE_ROWS; r++) {
        packRow(sourceRow(firstRow + r), r, firstKTile, count, target);
      }
      target.position(target.position() + count * TILE_BYTES);
      tile += count;
    }
  }

  /** The bias in packed row order with zeros for rows without one, or null if no member has any. */
  float @Nullable [] bias() {
    if (spec.biases().stream().allMatch(bias -> bias == null)) {
      return null;
    }
    float[] stacked = new float[rows];
    int from = 0;
    for (int m = 0; m < spec.members().size(); m++) {
      int memberRows = Math.toIntExact(spec.members().get(m).shape()[0]);
      @Nullable WeightSource bias = spec.biases().get(m);
      if (bias != null) {
        bias.read(0, stacked, from, memberRows);
      }
      from += memberRows;
    }
    float[] packed = new float[paddedRows()];
    for (int row = 0; row < packed.length; row++) {
      int source = sourceRow(row);
      packed[row] = source < 0 ? 0f : stacked[source];
    }
    return packed;
  }

  /** The row of the stacked members at a packed row, or -1 in the padding. */
  private int sourceRow(int packedRow) {
    if (!spec.epilogue().isGated()) {
      return packedRow < rows ? packedRow : -1;
    }
    int half = rows / 2;
    int inGroup = packedRow % GROUP_ROWS;
    int gate = packedRow / GROUP_ROWS * (GROUP_ROWS / 2) + inGroup % (GROUP_ROWS / 2);
    if (gate >= half) {
      return -1;
    }
    return inGroup < GROUP_ROWS / 2 ? gate : half + gate;
  }

  /** Row r of count tiles that follow each other along k; the first begins at the position. */
  private void packRow(int source, int r, int firstKTile, int count, ByteBuffer target) {
    int firstColumn = firstKTile * tileColumns;
    int columns = source < 0 ? 0 : Math.min(width - firstColumn, count * tileColumns);
    @Nullable ByteBuffer from = columns == 0 ? null : rowBytes(source, firstColumn, columns);
    int given = columns * type.bytes();
    for (int k = 0; k < count; k++) {
      int row = target.position() + k * TILE_BYTES + r * TILE_ROW_BYTES;
      for (int c = 0; c < TILE_ROW_BYTES / CHUNK_BYTES; c++) {
        int begin = k * TILE_ROW_BYTES + c * CHUNK_BYTES;
        packChunk(from, begin, given, target, row + (c ^ (r & 7)) * CHUNK_BYTES);
      }
    }
  }

  private static void packChunk(
      @Nullable ByteBuffer from, int begin, int given, ByteBuffer target, int at) {
    if (from != null && begin + CHUNK_BYTES <= given) {
      target.putLong(at, from.getLong(begin));
      target.putLong(at + Long.BYTES, from.getLong(begin + Long.BYTES));
      return;
    }
    target.putLong(at, 0);
    target.putLong(at + Long.BYTES, 0);
    for (int b = begin; from != null && b < given; b++) {
      target.put(at + b - begin, from.get(b));
    }
  }

  /** Part of one stacked row in the tiles' type, little-endian, from index 0 on. */
  private ByteBuffer rowBytes(int stackedRow, int firstColumn, int columns) {
    int row = stackedRow;
    for (WeightSource member : spec.members()) {
      int memberRows = Math.toIntExact(member.shape()[0]);
      if (row < memberRows) {
        long offset = (long) row * width + firstColumn;
        return member.dtype() == type
            ? member.bytes(offset, columns).slice().order(ByteOrder.LITTLE_ENDIAN)
            : converted(member, offset, columns);
      }
      row -= memberRows;
    }
    throw new IllegalStateException("no member holds row " + stackedRow);
  }

  private ByteBuffer converted(WeightSource member, long offset, int columns) {
    float[] values = new float[columns];
    member.read(offset, values, 0, columns);
    ByteBuffer bytes = ByteBuffer.allocate(columns * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      switch (type) {
        case F32 -> bytes.putFloat(value);
        case BF16 -> bytes.putShort(HalfFloats.floatToBf16(value));
        case F16 -> bytes.putShort(HalfFloats.floatToF16(value));
        case FP8_E4M3 -> throw new IllegalStateException("refused at the door");
      }
    }
    return bytes.flip();
  }

  private static void check(LinearSpec spec) {
    Checks.checkArgument(!spec.members().isEmpty(), "linear %s has no members", spec.name());
    Checks.checkArgument(
        spec.biases().size() == spec.members().size(),
        "linear %s needs one bias (or null) per member, was %s for %s",
        spec.name(),
        spec.biases().size(),
        spec.members().size());
    for (int m = 0; m < spec.members().size(); m++) {
      WeightSource member = spec.members().get(m);
      long[] shape = member.shape();
      Checks.checkArgument(
          shape.length == 2 && shape[1] == spec.members().get(0).shape()[1],
          "weight %s must be [rows, width] as its fellow members",
          member.name());
      @Nullable WeightSource bias = spec.biases().get(m);
      Checks.checkArgument(
          bias == null || bias.elementCount() == shape[0],
          "the bias of weight %s must have %s elements",
          member.name(),
          shape[0]);
    }
    Checks.checkArgument(
        !spec.epilogue().isGated() || spec.rowCount() % 2 == 0,
        "gated linear %s must have an even number of rows, was %s",
        spec.name(),
        spec.rowCount());
  }
}
