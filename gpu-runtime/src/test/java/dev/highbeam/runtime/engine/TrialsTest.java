// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class TrialsTest {

  private static Trials of(int capacity, int requests) {
    Trials trials = new Trials(capacity);
    LongStream.range(0, requests).forEach(trials::add);
    return trials;
  }

  @Test
  void givenNothingSuspected_next_fillsTheProcess() {
    Trials trials = of(4, 10);
    assertThat(trials.next()).containsExactly(0L, 1L, 2L, 3L);
    assertThat(trials.next()).isEmpty();
    trials.remove(2);
    assertThat(trials.next()).containsExactly(4L);
  }

  @Test
  void givenProcessThatEnded_next_givesSuspectsInGroupsOfTheRootAndNothingElse() {
    Trials trials = of(25, 60);
    trials.next();
    assertThat(trials.processEnded(false)).isEmpty();
    for (long first = 0; first < 25; first += 5) {
      List<Long> group = trials.next();
      assertThat(group).containsExactly(first, first + 1, first + 2, first + 3, first + 4);
      trials.remove(first);
      assertThat(trials.next()).as("the group is alone until its last has ended").isEmpty();
      for (int i = 1; i < 5; i++) {
        trials.remove(first + i);
      }
    }
    assertThat(trials.next()).hasSize(25).doesNotContain(0L, 24L);
  }

  @Test
  void givenGroupThatEndedAProcess_next_givesItsRequestsOneByOne() {
    Trials trials = of(25, 60);
    trials.next();
    trials.processEnded(false);
    trials.next();
    assertThat(trials.processEnded(false)).isEmpty();
    assertThat(trials.next()).containsExactly(0L);
    assertThat(trials.processEnded(false)).as("once together, once alone").containsExactly(0L);
  }

  @Test
  void givenFewSuspects_next_givesThemAlone() {
    Trials trials = of(16, 60);
    trials.next();
    trials.processEnded(false);
    assertThat(trials.next()).containsExactly(0L);
    trials.remove(0);
    assertThat(trials.next()).containsExactly(1L);
  }

  @Test
  void givenOneEnd_nobodyIsConvicted_thoughHeWasAlone() {
    Trials trials = of(1, 2);
    assertThat(trials.next()).containsExactly(0L);
    assertThat(trials.processEnded(false)).isEmpty();
    assertThat(trials.next()).containsExactly(0L);
    assertThat(trials.processEnded(false)).containsExactly(0L);
    assertThat(trials.next()).containsExactly(1L);
    assertThat(trials.processEnded(false)).as("what others did is not counted").isEmpty();
  }

  @Test
  void givenProcessThatWasKilled_itTakesOneEndMore() {
    Trials trials = of(2, 2);
    trials.next();
    assertThat(trials.processEnded(true)).isEmpty();
    assertThat(trials.next()).containsExactly(0L);
    assertThat(trials.processEnded(true)).isEmpty();
    assertThat(trials.next()).containsExactly(0L);
    assertThat(trials.processEnded(true)).containsExactly(0L);
  }

  @Test
  void givenRequestGivenUp_isNotTriedAgain() {
    Trials trials = of(2, 2);
    trials.next();
    trials.processEnded(false);
    trials.remove(0);
    assertThat(trials.next()).containsExactly(1L);
  }

  @Property(seed = "2611", tries = 400)
  void givenAnyCulpritsAndTwoKillsFromOutside_exactlyTheCulpritsAreConvicted(
      @ForAll @IntRange(min = 1, max = 300) int requests,
      @ForAll @IntRange(min = 1, max = 64) int capacity,
      @ForAll @IntRange(min = 0, max = 20) int culpritCount,
      @ForAll long seed) {
    Random random = new Random(seed);
    Set<Long> culprits = new TreeSet<>();
    for (int i = 0; i < culpritCount; i++) {
      culprits.add((long) random.nextInt(requests));
    }
    Set<Integer> kills = Set.of(random.nextInt(requests), requests + random.nextInt(requests));
    Trials trials = of(capacity, requests);
    Set<Long> served = new HashSet<>();
    Set<Long> convicted = new HashSet<>();
    List<Long> running = new ArrayList<>();
    int ends = 0;
    for (int turn = 0; served.size() + convicted.size() < requests; turn++) {
      running.addAll(trials.next());
      assertThat(running).isNotEmpty().hasSizeLessThanOrEqualTo(capacity).doesNotHaveDuplicates();
      boolean isDeadly = running.stream().anyMatch(culprits::contains) && random.nextInt(3) == 0;
      if (isDeadly || kills.contains(turn)) {
        ends++;
        convicted.addAll(trials.processEnded(!isDeadly));
        running.clear();
        continue;
      }
      long next = running.get(random.nextInt(running.size()));
      if (!culprits.contains(next)) {
        running.remove(next);
        trials.remove(next);
        assertThat(served.add(next)).isTrue();
      }
    }
    assertThat(convicted).isEqualTo(culprits);
    assertThat(ends).isLessThanOrEqualTo(3 * culprits.size() + 2);
  }
}
