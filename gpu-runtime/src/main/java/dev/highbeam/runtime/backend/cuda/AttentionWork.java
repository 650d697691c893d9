// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.ForwardBatch;
import java.util.Arrays;
import java.util.List;

/**
 * The lists that attention kernels work through in one step, the same for all layers:
 *
 * <ul>
 *   <li>tiles of up to 64 PROMPT tokens of one entry: {first token row, rows, entry};
 *   <li>work on OUTPUT tokens: {token row, entry, split, partial}. Splits are 512 tokens counted
 *       from position 0. A row that sees several and for which there is room has an item and a
 *       partial result for each; any other row is one item, with {@link #WHOLE_ROW} for a split;
 *   <li>combines, one for each row done in splits: {token row, first partial, partials}.
 * </ul>
 *
 * <p>Long items come first, so that none is left over when all others are done; for the same reason
 * the longest rows get the room. How a row is cut never changes its bits. Layers whose window is
 * narrower than the widest find splits outside of it and leave an empty result there.
 *
 * <p>All arrays are made at once; a step allocates nothing. One thread.
 */
final class AttentionWork {

  static final int TILE_TOKENS = 64;
  static final int SPLIT_TOKENS = 512;

  static final int TILE_INTS = 3;
  static final int WORK_INTS = 4;
  static final int COMBINE_INTS = 3;

  /** In place of a split: all that the row sees, in one item. */
  static final int WHOLE_ROW = -1;

  private final int[] tiles;
  private final int[] work;
  private final int[] combines;
  private final int maxPartials;

  /** The widest window of all layers; 0 if a layer has none. */
  private final int window;

  private final LongestFirst order;

  /** The step's tiles or OUTPUT rows, longest first. */
  private final int[] sorted;

  /** First partial result of each OUTPUT row, by place among these, or WHOLE_ROW. */
  private final int[] firstPartials;

  private int tileCount;
  private int workCount;
  private int combineCount;
  private int partialCount;

  /**
   * Lists for steps of up to the given size.
   *
   * @param specs the attention of all layers
   * @param maxPartials partial results for which the workspace has room
   */
  AttentionWork(List<AttentionSpec> specs, Capacity capacity, int maxPartials) {
    Checks.checkArgument(maxPartials >= 0, "maxPartials must not be negative, was %s", maxPartials);
    this.maxPartials = maxPartials;
    window = widestWindow(specs);
    int tokens = capacity.maxStepTokens();
    tiles = new int[TILE_INTS * maxTiles(capacity)];
    work = new int[WORK_INTS * Math.addExact(tokens, maxPartials)];
    combines = new int[COMBINE_INTS * Math.min(tokens, maxPartials / 2)];
    sorted = new int[Math.max(tokens, maxTiles(capacity))];
    firstPartials = new int[tokens];
    order = new LongestFirst(capacity.maxModelLength());
  }

  /** Most PROMPT tiles of a step: full ones and a last one of each entry. */
  static int maxTiles(Capacity capacity) {
    int tokens = capacity.maxStepTokens();
    return tokens / TILE_TOKENS + Math.min(2 * capacity.maxSequences(), tokens);
  }

  private static int widestWindow(List<AttentionSpec> specs) {
    int widest = 0;
    for (AttentionSpec spec : specs) {
      if (spec.window() == 0) {
        return 0;
      }
      widest = Math.max(widest, spec.window());
    }
    return widest;
  }

  /** Fills the lists for a step. */
  void build(ForwardBatch batch) {
    tileCount = 0;
    workCount = 0;
    combineCount = 0;
    partialCount = 0;
    listTiles(batch);
    int firstRow = batch.queryIndptr[batch.promptEntryCount()];
    int rows = batch.tokenCount() - firstRow;
    if (rows > 0) {
      sortRows(batch, firstRow, rows);
      shareRoomOut(batch, firstRow, rows);
      listWork(batch, firstRow, rows);
    }
  }

  private void listTiles(ForwardBatch batch) {
    order.clear();
    for (int pass = 0; pass < LongestFirst.PASSES; pass++) {
      for (int entry = 0; entry < batch.promptEntryCount(); entry++) {
        int end = batch.queryIndptr[entry + 1];
        for (int row = batch.queryIndptr[entry]; row < end; row += TILE_TOKENS) {
          int rows = Math.min(TILE_TOKENS, end - row);
          int place = order.place(pass, visible(batch.positions[row + rows - 1]));
          if (pass == LongestFirst.PLACING) {
            put(tiles, TILE_INTS * place, row, rows, entry);
            tileCount++;
          }
        }
      }
      order.next();
    }
  }

  private void sortRows(ForwardBatch batch, int firstRow, int rows) {
    order.clear();
    for (int pass = 0; pass < LongestFirst.PASSES; pass++) {
      for (int i = 0; i < rows; i++) {
        int place = order.place(pass, visible(batch.positions[firstRow + i]));
        if (pass == LongestFirst.PLACING) {
          sorted[place] = i;
        }
      }
      order.next();
    }
  }

  private void shareRoomOut(ForwardBatch batch, int firstRow, int rows) {
    for (int i = 0; i < rows; i++) {
      int row = sorted[i];
      int position = batch.positions[firstRow + row];
      int splits = position / SPLIT_TOKENS - firstSplit(position) + 1;
      boolean apart = splits > 1 && splits <= maxPartials - partialCount;
      firstPartials[row] = apart ? partialCount : WHOLE_ROW;
      if (apart) {
        put(combines, COMBINE_INTS * combineCount, firstRow + row, partialCount, splits);
        combineCount++;
        partialCount += splits;
      }
    }
  }

  private void listWork(ForwardBatch batch, int firstRow, int rows) {
    order.clear();
    for (int pass = 0; pass < LongestFirst.PASSES; pass++) {
      int entry = batch.promptEntryCount();
      for (int row = 0; row < rows; row++) {
        while (firstRow + row >= batch.queryIndptr[entry + 1]) {
          entry++;
        }
        int position = batch.positions[firstRow + row];
        if (firstPartials[row] == WHOLE_ROW) {
          item(pass, visible(position), firstRow + row, entry, WHOLE_ROW, WHOLE_ROW);
        } else {
          listSplits(pass, position, firstRow + row, entry, firstPartials[row]);
        }
      }
      order.next();
    }
  }

  private void listSplits(int pass, int position, int row, int entry, int firstPartial) {
    int firstSplit = firstSplit(position);
    for (int split = firstSplit; split <= position / SPLIT_TOKENS; split++) {
      int first = Math.max(firstVisible(position), split * SPLIT_TOKENS);
      int end = Math.min(position + 1, (split + 1) * SPLIT_TOKENS);
      item(pass, end - first, row, entry, split, firstPartial + split - firstSplit);
    }
  }

  private void item(int pass, int length, int row, int entry, int split, int partial) {
    int place = order.place(pass, length);
    if (pass == LongestFirst.PLACING) {
      put(work, WORK_INTS * place, row, entry, split);
      work[WORK_INTS * place + WORK_INTS - 1] = partial;
      workCount++;
    }
  }

  private static void put(int[] list, int at, int first, int second, int third) {
    list[at] = first;
    list[at + 1] = second;
    list[at + 2] = third;
  }

  private int firstVisible(int position) {
    return window == 0 ? 0 : Math.max(0, position - window + 1);
  }

  private int firstSplit(int position) {
    return firstVisible(position) / SPLIT_TOKENS;
  }

  private int visible(int position) {
    return position - firstVisible(position) + 1;
  }

  /** Tiles of three ints; {@link #promptTileCount} of them count. */
  int[] promptTiles() {
    return tiles;
  }

  int promptTileCount() {
    return tileCount;
  }

  /** Items of four ints; {@link #outputWorkCount} of them count. */
  int[] outputWork() {
    return work;
  }

  int outputWorkCount() {
    return workCount;
  }

  /** Combines of three ints; {@link #outputCombineCount} of them count. */
  int[] outputCombines() {
    return combines;
  }

  int outputCombineCount() {
    return combineCount;
  }

  /** Partial results that the step's combines read. */
  int partialCount() {
    return partialCount;
  }

  /**
   * A counting sort in two passes over the same items: the first counts lengths, the second tells
   * each item its place. Lengths are told apart in steps of {@value #GRAIN} tokens.
   */
  private static final class LongestFirst {

    static final int PASSES = 2;
    static final int PLACING = 1;

    private static final int GRAIN = 64;

    private final int[] next;

    LongestFirst(int maxLength) {
      next = new int[maxLength / GRAIN + 1];
    }

    void clear() {
      Arrays.fill(next, 0);
    }

    int place(int pass, int length) {
      int place = next[(length - 1) / GRAIN]++;
      return pass == PLACING ? place : -1;
    }

    /** Ends a pass: counts become the first places of lengths. */
    void next() {
      int sum = 0;
      for (int i = next.length - 1; i >= 0; i--) {
        int count = next[i];
        next[i] = sum;
        sum += count;
      }
    }
  }
}
