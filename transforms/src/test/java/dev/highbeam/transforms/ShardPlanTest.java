// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.transforms.shards.FileFacts;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ShardPlanTest {

  private static ArrangedSplit split(int number, int... rows) {
    List<FileFacts> files = new ArrayList<>();
    for (int count : rows) {
      files.add(new FileFacts(number + "-" + files.size(), count, count, ""));
    }
    return new ArrangedSplit(number, files, null, new TreeMap<>());
  }

  @Test
  void givenLoad_sizeFollowsWorkersWithinItsLimits() {
    assertThat(ShardPlan.size(1_000_000, 1, 4)).isEqualTo(2000);
    assertThat(ShardPlan.size(64_000, 1, 4)).isEqualTo(1000);
    assertThat(ShardPlan.size(100, 1, 4)).isEqualTo(32);
    // 64 KB a request: 16 MB of requests are enough for one shard.
    assertThat(ShardPlan.size(1_000_000, 1 << 16, 4)).isEqualTo(256);
    assertThat(ShardPlan.size(10, 1 << 30, 4)).isEqualTo(1);
  }

  @Test
  void givenNoRequest_thereIsNoShard() {
    assertThat(ShardPlan.of(List.of(split(0), split(1, 0)), 4, 0)).isEmpty();
  }

  @Property(tries = 200, seed = "2611")
  void givenAnySplitsInAnyOrder_everyRequestIsInOneShard_inOrder_sizesDifferByOne(
      @ForAll @Size(min = 1, max = 20) List<@IntRange(max = 300) Integer> sizes,
      @ForAll @IntRange(min = 1, max = 400) int asked) {
    List<ArrangedSplit> splits = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (int size : sizes) {
      int number = splits.size();
      splits.add(split(number, size, size / 2));
      addAll(expected, number + "-0", 0, size);
      addAll(expected, number + "-1", 0, size / 2);
    }
    List<ShardCut> plan = ShardPlan.of(splits, 4, asked);
    Collections.reverse(splits);
    assertThat(ShardPlan.of(splits, 4, asked)).isEqualTo(plan);
    List<String> got = new ArrayList<>();
    List<Long> counts = new ArrayList<>();
    for (ShardCut cut : plan) {
      int before = got.size();
      cut.slices().forEach(s -> addAll(got, s.file(), s.from(), s.to()));
      counts.add((long) got.size() - before);
    }
    assertThat(got).isEqualTo(expected);
    if (!counts.isEmpty()) {
      assertThat(Collections.max(counts)).isLessThanOrEqualTo(asked);
      assertThat(Collections.max(counts) - Collections.min(counts)).isLessThanOrEqualTo(1);
    }
  }

  private static void addAll(List<String> to, String file, long from, long until) {
    for (long i = from; i < until; i++) {
      to.add(file + ":" + i);
    }
  }
}
