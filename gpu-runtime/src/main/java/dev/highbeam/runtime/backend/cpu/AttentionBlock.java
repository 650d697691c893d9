// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.Op;
import java.util.Arrays;

/**
 * Attention of one block of rows over the pages of one entry:
 *
 * <ol>
 *   <li>scores, tile by tile of 32 positions: block products of queries and keys;
 *   <li>softmax per row over the positions that it sees: scale, cap, greatest, exponentials, total
 *       in 16 lanes by position;
 *   <li>values, tile by tile in ascending positions: block products of exponentials and values;
 *   <li>division by the total.
 * </ol>
 *
 * A row's operations depend on its own position alone. Positions that only some rows of a block see
 * are added row by row, so nothing that a row does not see (a later token, poison in a page) ever
 * enters its sums, not even times 0. One per worker and layer.
 */
final class AttentionBlock {

  private static final int TILE = AttentionScratch.TILE;

  private final Op.Attention op;
  private final AttentionSpec spec;
  private final float[] out;
  private final float[] qkv;
  private final KvCache cache;
  private final Kernels kernels;
  private final Scratch scratch;
  private final AttentionScratch memory;
  private final int groupSize;

  // The block at work.
  private int rows;
  private int kvHead;
  private int base;

  AttentionBlock(
      Op.Attention op, float[] out, float[] qkv, KvCache cache, Kernels kernels, Scratch scratch) {
    this.op = op;
    this.spec = op.attention();
    this.out = out;
    this.qkv = qkv;
    this.cache = cache;
    this.kernels = kernels;
    this.scratch = scratch;
    this.memory = scratch.attention;
    this.groupSize = spec.queryHeads() / spec.kvHeads();
  }

  /** Computes the rows of an entry from firstRow on, as many as a block holds. */
  void run(ForwardBatch batch, int entry, int firstRow, int head) {
    int firstToken = batch.queryIndptr[entry];
    int allRows = (batch.queryIndptr[entry + 1] - firstToken) * groupSize;
    rows = Math.min(AttentionScratch.ROWS, allRows - firstRow);
    kvHead = head;
    loadQueries(batch, firstToken, firstRow);
    // Tiles are aligned to absolute positions, so that a position's lane never changes.
    base = memory.first[0] / TILE * TILE;
    int end = memory.end[rows - 1];
    for (int tile = base; tile < end; tile += TILE) {
      readKeys(batch, entry, tile, Math.min(end, tile + TILE));
      score(tile);
    }
    for (int row = 0; row < rows; row++) {
      softmax(row, spec.sink(queryHead(firstRow + row)));
    }
    Arrays.fill(memory.sums, 0f);
    for (int tile = base; tile < end; tile += TILE) {
      readValues(batch, entry, tile, Math.min(end, tile + TILE));
      for (int row = 0; row < rows; row += Product.ROWS) {
        addValues(row, Math.min(rows, row + Product.ROWS), tile);
      }
    }
    for (int row = 0; row < rows; row++) {
      store(row, firstToken, firstRow + row);
    }
  }

  private void loadQueries(ForwardBatch batch, int firstToken, int firstRow) {
    for (int row = 0; row < rows; row++) {
      int token = firstToken + (firstRow + row) / groupSize;
      int head = queryHead(firstRow + row);
      int from = token * op.qkv().width() + head * spec.headDim();
      System.arraycopy(qkv, from, memory.queries, row * spec.headDim(), spec.headDim());
      memory.first[row] = spec.firstVisible(batch.positions[token]);
      memory.end[row] = batch.positions[token] + 1;
    }
  }

  private void readKeys(ForwardBatch batch, int entry, int start, int end) {
    Strips strips = scratch.strips;
    int pageSize = cache.pageSize();
    int position = Math.max(start, memory.first[0]);
    while (position < end) {
      int inPage = position % pageSize;
      int count = Math.min(pageSize - inPage, end - position);
      strips.sourceOffset = inPage;
      strips.length = count;
      strips.targetOffset = position - start;
      strips.targetStride = TILE;
      int page = batch.pageIndices[batch.pageIndptr[entry] + position / pageSize];
      cache.readKeys(kernels, op.layer(), page, kvHead, memory.keys, strips);
      position += count;
    }
  }

  private void score(int tile) {
    Product product = scratch.product;
    product.depth = spec.headDim();
    product.x = memory.queries;
    product.xStride = spec.headDim();
    product.weights = memory.keys;
    product.weightOffset = 0;
    product.weightStride = TILE;
    product.sums = memory.scores;
    product.sumStride = memory.scoreStride;
    for (int row = 0; row < rows; row += Product.ROWS) {
      product.rows = Math.min(Product.ROWS, rows - row);
      product.xOffset = row * spec.headDim();
      product.sumOffset = row * memory.scoreStride + tile - base;
      for (int r = 0; r < Product.paddedRows(product.rows); r++) {
        int from = product.sumOffset + r * memory.scoreStride;
        Arrays.fill(memory.scores, from, from + TILE, 0f);
      }
      kernels.multiply(product);
    }
  }

  /** The query head of a row of an entry. */
  private int queryHead(int entryRow) {
    return kvHead * groupSize + entryRow % groupSize;
  }

  private void softmax(int row, float sink) {
    int start = row * memory.scoreStride;
    int first = start + memory.first[row] - base;
    int end = start + memory.end[row] - base;
    // Whole groups of 16 lanes; what the row does not see becomes e^-infinity = 0.
    int from = start + (memory.first[row] - base) / Kernels.LANES * Kernels.LANES;
    int count = (end - from + Kernels.LANES - 1) / Kernels.LANES * Kernels.LANES;
    float[] scores = memory.scores;
    for (int i = from; i < from + count; i++) {
      scores[i] *= spec.scale();
    }
    if (spec.softCap() != 0) {
      kernels.softCap(scores, from, count, spec.softCap());
    }
    Arrays.fill(scores, from, first, Float.NEGATIVE_INFINITY);
    Arrays.fill(scores, end, from + count, Float.NEGATIVE_INFINITY);
    float max = Math.max(kernels.max(scores, from, count), sink);
    float total = kernels.exponentials(scores, from, count, max, scratch.lanes);
    memory.totals[row] = total + (float) StrictMath.exp(sink - max);
  }

  private void readValues(ForwardBatch batch, int entry, int start, int end) {
    Strips strips = scratch.strips;
    int pageSize = cache.pageSize();
    int position = Math.max(start, memory.first[0]);
    while (position < end) {
      int inPage = position % pageSize;
      int count = Math.min(pageSize - inPage, end - position);
      strips.sourceOffset = inPage;
      strips.stripCount = count;
      strips.targetOffset = (position - start) * memory.valueStride;
      strips.targetStride = memory.valueStride;
      int page = batch.pageIndices[batch.pageIndptr[entry] + position / pageSize];
      cache.readValues(kernels, op.layer(), page, kvHead, memory.values, strips);
      position += count;
    }
  }

  /** Adds a tile to a group of rows: together where all see it, one by one before and after. */
  private void addValues(int firstRow, int endRow, int tile) {
    // Rows are in the order of positions, so the last sees the latest start, the first the earliest
    // end.
    int sharedStart = Math.max(tile, memory.first[endRow - 1]);
    int sharedEnd = Math.min(tile + TILE, memory.end[firstRow]);
    if (sharedStart >= sharedEnd) {
      for (int row = firstRow; row < endRow; row++) {
        addRange(row, 1, tile, memory.first[row], memory.end[row]);
      }
      return;
    }
    for (int row = firstRow; row < endRow; row++) {
      addRange(row, 1, tile, memory.first[row], sharedStart);
    }
    addRange(firstRow, endRow - firstRow, tile, sharedStart, sharedEnd);
    for (int row = firstRow; row < endRow; row++) {
      addRange(row, 1, tile, sharedEnd, memory.end[row]);
    }
  }

  /** Adds the positions of a tile that lie in [from, to) to count rows. */
  private void addRange(int row, int count, int tile, int from, int to) {
    int start = Math.max(tile, from);
    int end = Math.min(tile + TILE, to);
    if (start >= end) {
      return;
    }
    Product product = scratch.product;
    product.rows = count;
    product.depth = end - start;
    product.x = memory.scores;
    product.xOffset = row * memory.scoreStride + start - base;
    product.xStride = memory.scoreStride;
    product.weights = memory.values;
    product.weightStride = memory.valueStride;
    product.sums = memory.sums;
    product.sumStride = memory.valueStride;
    for (int column = 0; column < spec.headDim(); column += Product.COLUMNS) {
      product.weightOffset = (start - tile) * memory.valueStride + column;
      product.sumOffset = row * memory.valueStride + column;
      kernels.multiply(product);
    }
  }

  private void store(int row, int firstToken, int entryRow) {
    int token = firstToken + entryRow / groupSize;
    int head = queryHead(entryRow);
    int to = token * op.out().width() + head * spec.headDim();
    int from = row * memory.valueStride;
    float total = memory.totals[row];
    for (int d = 0; d < spec.headDim(); d++) {
      out[to + d] = memory.sums[from + d] / total;
    }
    if (op.out().dtype() == DType.BF16) {
      kernels.roundToBf16(out, to, spec.headDim());
    }
  }
}
