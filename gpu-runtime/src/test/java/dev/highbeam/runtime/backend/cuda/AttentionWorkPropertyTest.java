// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.ForwardBatch.TokenClass;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Any step: every PROMPT token is in one tile, every (OUTPUT row, visible split) in one item. */
class AttentionWorkPropertyTest {

  private static final int MAX_TOKENS = 400;
  private static final int MAX_LENGTH = 6000;
  private static final Capacity CAPACITY = new Capacity(MAX_TOKENS, 50, MAX_LENGTH, 16, 4000);

  @Property(tries = 300, seed = "2611")
  void givenAnyStep_build_coversEverythingOnceWithinTheRoom(
      @ForAll long seed,
      @ForAll @IntRange(max = 100) int promptTokens,
      @ForAll @IntRange(max = 300) int outputTokens,
      @ForAll @IntRange(max = 80) int maxPartials,
      @ForAll @IntRange(max = 2000) int window) {
    Random random = new Random(seed);
    ForwardBatch batch = new ForwardBatch(CAPACITY);
    fill(batch, random, promptTokens, TokenClass.PROMPT);
    fill(batch, random, outputTokens, TokenClass.OUTPUT);
    AttentionWork work =
        new AttentionWork(List.of(AttentionShapes.spec(4, 2, 64, window)), CAPACITY, maxPartials);
    // Twice, as lists are reused.
    work.build(batch);
    work.build(batch);
    checkTiles(batch, AttentionWorkTest.tiles(work));
    checkWork(batch, work, maxPartials, window);
  }

  private static void fill(ForwardBatch batch, Random random, int tokens, TokenClass tokenClass) {
    int left = tokens;
    while (left > 0) {
      int count = Math.min(left, random.nextInt(3) == 0 ? 1 : 1 + random.nextInt(130));
      int position = random.nextInt(MAX_LENGTH - count);
      AttentionWorkTest.entry(batch, position, count, tokenClass);
      left -= count;
    }
  }

  private static void checkTiles(ForwardBatch batch, int[][] tiles) {
    int promptTokens = batch.queryIndptr[batch.promptEntryCount()];
    boolean[] covered = new boolean[promptTokens];
    for (int[] tile : tiles) {
      assertThat(tile[1]).isBetween(1, 64);
      assertThat(tile[0]).isGreaterThanOrEqualTo(batch.queryIndptr[tile[2]]);
      assertThat(tile[0] + tile[1]).isLessThanOrEqualTo(batch.queryIndptr[tile[2] + 1]);
      for (int row = tile[0]; row < tile[0] + tile[1]; row++) {
        assertThat(covered[row]).isFalse();
        covered[row] = true;
      }
    }
    assertThat(covered).doesNotContain(false);
  }

  private static void checkWork(
      ForwardBatch batch, AttentionWork work, int maxPartials, int window) {
    int firstRow = batch.queryIndptr[batch.promptEntryCount()];
    Set<List<Integer>> done = new HashSet<>();
    int[][] partials = new int[work.partialCount()][];
    assertThat(partials.length).isLessThanOrEqualTo(maxPartials);
    int lastLength = Integer.MAX_VALUE;
    for (int[] item : AttentionWorkTest.items(work)) {
      int row = item[0];
      assertThat(row).isBetween(batch.queryIndptr[item[1]], batch.queryIndptr[item[1] + 1] - 1);
      int position = batch.positions[row];
      int first = window == 0 ? 0 : Math.max(0, position - window + 1);
      int length = position - first + 1;
      if (item[2] == AttentionWork.WHOLE_ROW) {
        for (int split = first / 512; split <= position / 512; split++) {
          assertThat(done.add(List.of(row, split))).isTrue();
        }
      } else {
        assertThat(done.add(List.of(row, item[2]))).isTrue();
        assertThat(partials[item[3]]).isNull();
        partials[item[3]] = new int[] {row, item[2]};
        length = Math.min(position, item[2] * 512 + 511) - Math.max(first, item[2] * 512) + 1;
      }
      // To within the 64 tokens that are not told apart.
      assertThat((length - 1) / 64).isLessThanOrEqualTo((lastLength - 1) / 64);
      lastLength = length;
    }
    int expected = 0;
    for (int row = firstRow; row < batch.tokenCount(); row++) {
      int position = batch.positions[row];
      int first = window == 0 ? 0 : Math.max(0, position - window + 1);
      expected += position / 512 - first / 512 + 1;
    }
    assertThat(done).hasSize(expected);
    checkCombines(work, partials);
  }

  private static void checkCombines(AttentionWork work, int[][] partials) {
    int used = 0;
    for (int[] combine : AttentionWorkTest.combines(work)) {
      assertThat(combine[2]).isGreaterThan(1);
      assertThat(combine[1]).isEqualTo(used);
      for (int i = 0; i < combine[2]; i++) {
        // Ascending splits of that row.
        int[] partial = partials[combine[1] + i];
        assertThat(partial[0]).isEqualTo(combine[0]);
        assertThat(partial[1]).isEqualTo(partials[combine[1]][1] + i);
      }
      used += combine[2];
    }
    assertThat(used).isEqualTo(partials.length);
  }
}
