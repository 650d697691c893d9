// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.arrange;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PlacementTest {

  private static final int MAX_GROUP = 6;

  /** Prompts of a tree: each has a beginning of one of few others, and some are equal. */
  private static List<String> prompts(Random random, int count) {
    List<String> prompts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      StringBuilder prompt = new StringBuilder("all ".repeat(random.nextInt(4) * 16));
      for (int depth = random.nextInt(4); depth > 0; depth--) {
        prompt.append(("branch " + random.nextInt(3) + " ").repeat(20));
      }
      prompts.add(prompt.append(random.nextInt(count)).toString());
    }
    return prompts;
  }

  private static List<RequestKey> keys(List<String> prompts) {
    List<RequestKey> keys = new ArrayList<>();
    for (String prompt : prompts) {
      keys.add(key(prompt, new RowRef(keys.size() / 10, keys.size() % 10)));
    }
    return keys;
  }

  private static RequestKey key(String prompt, RowRef row) {
    long high = prompt.hashCode() * 0x9E3779B97F4A7C15L;
    String fingerprint = String.format(Locale.ROOT, "%016x%016x", high, (long) prompt.hashCode());
    return RequestKey.of(PrefixHashes.of(prompt), fingerprint, row);
  }

  @Property(tries = 300, seed = "2611")
  void givenAnyKeys_copiesNameTheFirstOfTheirKind_andNobodyMovesTwice(
      @ForAll @IntRange(max = 1_000_000) int seed,
      @ForAll @IntRange(min = 1, max = 120) int count) {
    Random random = new Random(seed);
    List<String> prompts = prompts(random, count);
    List<RequestKey> keys = keys(prompts);
    Map<RowRef, String> promptOf = new HashMap<>();
    Map<String, RowRef> first = new HashMap<>();
    for (int i = 0; i < count; i++) {
      promptOf.put(keys.get(i).row(), prompts.get(i));
      first.putIfAbsent(prompts.get(i), keys.get(i).row());
    }
    Collections.shuffle(keys, random);
    List<Move> moves = new Placement(true, true, count, MAX_GROUP).of(keys);

    Set<RowRef> moved = new HashSet<>();
    Map<RowRef, RowRef> places = new HashMap<>();
    Map<RowRef, List<Move>> groups = new HashMap<>();
    int copies = 0;
    for (Move move : moves) {
      assertThat(moved.add(move.row())).as("%s moves once", move.row()).isTrue();
      if (move.kind() == Move.Kind.MEMBER) {
        places.put(move.row(), move.place());
        groups.computeIfAbsent(move.place(), place -> new ArrayList<>()).add(move);
      } else {
        copies++;
      }
    }
    assertThat(copies).isEqualTo(count - first.size());
    for (Move move : moves) {
      if (move.kind() == Move.Kind.COPY) {
        assertThat(move.origin()).isEqualTo(first.get(promptOf.get(move.row())));
        assertThat(move.row()).isNotEqualTo(move.origin());
        assertThat(move.place()).isEqualTo(places.getOrDefault(move.origin(), move.origin()));
      }
    }
    groups.forEach((place, group) -> checkGroup(place, group, promptOf));
  }

  private static void checkGroup(RowRef place, List<Move> group, Map<RowRef, String> promptOf) {
    assertThat(group.size()).isBetween(2, MAX_GROUP);
    assertThat(group.stream().map(Move::row).min(Comparator.naturalOrder())).contains(place);
    assertThat(group.stream().map(Move::rank)).doesNotHaveDuplicates();
    for (Move move : group) {
      int expected = move.row().equals(place) ? group.size() - 1 : 0;
      assertThat(move.followers()).isEqualTo(expected);
      assertThat(promptOf.get(move.row()).substring(0, 64))
          .isEqualTo(promptOf.get(place).substring(0, 64));
    }
  }

  @Property(tries = 200, seed = "2611")
  void givenRangesOfAnySample_copiesAreTheSame(
      @ForAll @IntRange(max = 1_000_000) int seed,
      @ForAll @IntRange(min = 1, max = 120) int count,
      @ForAll @IntRange(min = 1, max = 9) int rangeCount) {
    Random random = new Random(seed);
    List<RequestKey> keys = keys(prompts(random, count));
    List<RequestKey> sample = new ArrayList<>(keys);
    sample.removeIf(key -> random.nextInt(3) == 0);
    KeyRanges made = KeyRanges.of(sample, rangeCount);
    KeyRanges ranges = KeyRanges.decode(made.encode());
    TreeMap<Integer, List<RequestKey>> byRange = new TreeMap<>();
    for (RequestKey key : keys) {
      byRange.computeIfAbsent(ranges.of(key), range -> new ArrayList<>()).add(key);
    }
    assertThat(byRange.firstKey()).isNotNegative();
    assertThat(byRange.lastKey()).isLessThan(rangeCount);
    Placement dedupe = new Placement(true, false, count, MAX_GROUP);
    Set<Move> moves = new HashSet<>();
    byRange.values().forEach(range -> moves.addAll(dedupe.of(range)));
    assertThat(moves).isEqualTo(new HashSet<>(dedupe.of(keys)));
  }

  @Test
  void givenEvenSample_rangesAreAboutEqual_alsoIfAllBeginAlike() {
    List<String> prompts = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      prompts.add("Everybody's instructions. ".repeat(20) + i);
    }
    List<RequestKey> keys = keys(prompts);
    List<RequestKey> sample = new ArrayList<>(keys);
    sample.removeIf(key -> key.row().hashCode() % 7 != 0);
    KeyRanges ranges = KeyRanges.of(sample, 8);
    int[] counts = new int[8];
    keys.forEach(key -> counts[ranges.of(key)]++);
    assertThat(Arrays.stream(counts).boxed())
        .allSatisfy(count -> assertThat(count).isBetween(900, 1600));
  }

  @Test
  void givenMoves_comeBackFromBytes() {
    List<Move> moves = new ArrayList<>();
    RowRef a = new RowRef(3, Integer.MAX_VALUE);
    RowRef b = new RowRef(Integer.MAX_VALUE, 0);
    for (Move.Kind kind : Move.Kind.values()) {
      moves.add(new Move(kind, a, b, new RowRef(0, 7), 11, 13));
    }
    List<Move> back = new ArrayList<>();
    Move.decode(Move.encode(moves), back);
    assertThat(back).isEqualTo(moves);
  }

  @Test
  void givenBeginnings_hashesAgreeAsFarAsTheyDo() {
    int[] one = PrefixHashes.of("x".repeat(300) + "y".repeat(300));
    int[] two = PrefixHashes.of("x".repeat(300));
    for (int level = 0; level < PrefixHashes.LEVELS; level++) {
      int length = 64 << level;
      if (length <= 256) {
        assertThat(one[level]).isEqualTo(two[level]).isNotEqualTo(PrefixHashes.NONE);
      } else {
        assertThat(two[level]).isEqualTo(PrefixHashes.NONE);
      }
    }
    assertThat(one[3]).isNotEqualTo(PrefixHashes.NONE);
    assertThat(PrefixHashes.of("a".repeat(64))[0]).isNotEqualTo(PrefixHashes.of("b".repeat(64))[0]);
  }
}
