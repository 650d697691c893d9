// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.ForwardBatch.TokenClass;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class AttentionWorkTest {

  private static final int WHOLE = AttentionWork.WHOLE_ROW;
  private static final Capacity CAPACITY = new Capacity(300, 4, 4000, 16, 1000);

  @Test
  void givenPromptEntries_build_cutsEachIntoTilesLatestFirst() {
    ForwardBatch batch = new ForwardBatch(CAPACITY);
    entry(batch, 0, 65, TokenClass.PROMPT);
    entry(batch, 1000, 64, TokenClass.PROMPT);
    AttentionWork work = work(0, 0);
    work.build(batch);
    assertThat(tiles(work)).isDeepEqualTo(new int[][] {{65, 64, 1}, {64, 1, 0}, {0, 64, 0}});
    assertThat(work.outputWorkCount()).isZero();
  }

  @Test
  void givenRoom_build_cutsLongRowsIntoSplits() {
    ForwardBatch batch = new ForwardBatch(CAPACITY);
    entry(batch, 0, 10, TokenClass.PROMPT);
    // The token at 511 is the last that sees one split; the one at 1100 sees two whole ones and 77.
    entry(batch, 511, 1, TokenClass.OUTPUT);
    entry(batch, 1100, 1, TokenClass.OUTPUT);
    AttentionWork work = work(0, 3);
    work.build(batch);
    assertThat(items(work))
        .isDeepEqualTo(
            new int[][] {{10, 1, WHOLE, WHOLE}, {11, 2, 0, 0}, {11, 2, 1, 1}, {11, 2, 2, 2}});
    assertThat(combines(work)).isDeepEqualTo(new int[][] {{11, 0, 3}});
  }

  @Test
  void givenTooLittleRoom_build_givesItToTheLongestRows() {
    ForwardBatch batch = new ForwardBatch(CAPACITY);
    entry(batch, 600, 1, TokenClass.OUTPUT);
    entry(batch, 1600, 1, TokenClass.OUTPUT);
    AttentionWork work = work(0, 5);
    work.build(batch);
    // Four splits of the longer row; the other needs two and finds one left.
    assertThat(combines(work)).isDeepEqualTo(new int[][] {{1, 0, 4}});
    assertThat(items(work))
        .isDeepEqualTo(
            new int[][] {
              {0, 0, WHOLE, WHOLE}, {1, 1, 0, 0}, {1, 1, 1, 1}, {1, 1, 2, 2}, {1, 1, 3, 3}
            });
  }

  @Test
  void givenWindow_build_leavesSplitsOutThatNoLayerSees() {
    ForwardBatch batch = new ForwardBatch(CAPACITY);
    // Sees 1401 to 2000: 135 keys of split 2, 465 of split 3.
    entry(batch, 2000, 1, TokenClass.OUTPUT);
    AttentionWork work = work(600, 8);
    work.build(batch);
    assertThat(items(work)).isDeepEqualTo(new int[][] {{0, 0, 3, 1}, {0, 0, 2, 0}});
    assertThat(combines(work)).isDeepEqualTo(new int[][] {{0, 0, 2}});
  }

  @Test
  void givenLayersWithAndWithoutWindow_build_coversTheWidest() {
    ForwardBatch batch = new ForwardBatch(CAPACITY);
    entry(batch, 600, 1, TokenClass.OUTPUT);
    AttentionWork narrow = new AttentionWork(List.of(spec(10), spec(40)), CAPACITY, 8);
    narrow.build(batch);
    assertThat(items(narrow)).isDeepEqualTo(new int[][] {{0, 0, WHOLE, WHOLE}});
    AttentionWork wide = new AttentionWork(List.of(spec(10), spec(0)), CAPACITY, 8);
    wide.build(batch);
    assertThat(combines(wide)).isDeepEqualTo(new int[][] {{0, 0, 2}});
  }

  @Test
  void givenEmptyBatch_build_listsNothing() {
    AttentionWork work = work(0, 3);
    ForwardBatch batch = new ForwardBatch(CAPACITY);
    entry(batch, 700, 2, TokenClass.OUTPUT);
    work.build(batch);
    batch.clear();
    work.build(batch);
    assertThat(work.promptTileCount() + work.outputWorkCount() + work.outputCombineCount())
        .isZero();
    assertThat(work.partialCount()).isZero();
  }

  @Test
  void givenNegativeRoom_constructor_refuses() {
    assertThatThrownBy(() -> work(0, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("maxPartials");
  }

  private static AttentionWork work(int window, int maxPartials) {
    return new AttentionWork(List.of(spec(window)), CAPACITY, maxPartials);
  }

  private static AttentionSpec spec(int window) {
    return AttentionShapes.spec(4, 2, 64, window);
  }

  /** Adds consecutive tokens of one sequence, without pages or logit rows. */
  static void entry(ForwardBatch batch, int position, int count, TokenClass tokenClass) {
    int begin = batch.tokenCount();
    for (int i = 0; i < count; i++) {
      batch.positions[begin + i] = position + i;
    }
    batch.endEntry(begin + count, 0, 0, tokenClass);
  }

  static int[][] tiles(AttentionWork work) {
    return rows(work.promptTiles(), work.promptTileCount(), AttentionWork.TILE_INTS);
  }

  static int[][] items(AttentionWork work) {
    return rows(work.outputWork(), work.outputWorkCount(), AttentionWork.WORK_INTS);
  }

  static int[][] combines(AttentionWork work) {
    return rows(work.outputCombines(), work.outputCombineCount(), AttentionWork.COMBINE_INTS);
  }

  private static int[][] rows(int[] list, int count, int ints) {
    int[][] rows = new int[count][];
    for (int i = 0; i < count; i++) {
      rows[i] = Arrays.copyOfRange(list, i * ints, (i + 1) * ints);
    }
    return rows;
  }
}
