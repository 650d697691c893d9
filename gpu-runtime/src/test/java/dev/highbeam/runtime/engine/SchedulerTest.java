// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.StepOutput;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The order of things, which outputs alone would not show. Pages hold 4 tokens. */
class SchedulerTest {

  private static final int MAX_LENGTH = 16;

  private long nextTicket;

  @Test
  void givenBudget_schedulesRunningBeforeWaiting() {
    Scheduler scheduler = scheduler(8, 4, 64);
    Sequence first = add(scheduler, 1, 2, 3, 4, 5, 6);
    Sequence second = add(scheduler, 9, 9, 9, 9, 9, 9);
    Step one = scheduler.schedule();
    // 8 tokens: all 6 of the first and 2 of the second.
    assertThat(describe(one)).containsExactly("0:0-6", "1:0-2");
    commit(one);
    Sequence third = add(scheduler, 8, 8, 8);

    Step two = scheduler.schedule();

    // 1 new token of the first, the other 4 of the second, then 3 of the third.
    assertThat(describe(two)).containsExactly("0:6-7", "1:2-6", "2:0-3");
    assertThat(List.of(first.status(), second.status(), third.status()))
        .containsOnly(Sequence.Status.RUNNING);
  }

  @Test
  void givenChunkLimit_cutsLongPrompts() {
    Scheduler scheduler = new Scheduler(new Capacity(32, 4, MAX_LENGTH, 4, 64), 5, true);
    add(scheduler, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);

    assertThat(describe(scheduler.schedule())).containsExactly("0:0-5");
    assertThat(describe(scheduler.schedule())).containsExactly("0:5-10");
    assertThat(describe(scheduler.schedule())).containsExactly("0:10-12");
  }

  @Test
  void givenNoPageLeft_preemptsTheLastAndAdmitsNobody() {
    // 4 pages: two sequences of 8 tokens fill them.
    Scheduler scheduler = scheduler(32, 8, 4);
    Sequence first = add(scheduler, 1, 1, 1, 1, 1, 1, 1, 1);
    Sequence second = add(scheduler, 2, 2, 2, 2, 2, 2, 2, 2);
    commit(scheduler.schedule());
    Sequence waiting = add(scheduler, 3);

    Step step = scheduler.schedule();

    // The first needs a third page; the second gives up both of its pages, so that one page is
    // left for the sequence that waits, but in a step that preempted nobody is admitted.
    assertThat(step.preemptionCount()).isEqualTo(1);
    assertThat(describe(step)).containsExactly("0:8-9");
    assertThat(first.status()).isEqualTo(Sequence.Status.RUNNING);
    assertThat(second.status()).isEqualTo(Sequence.Status.WAITING);
    assertThat(second.computedTokenCount()).isZero();
    assertThat(waiting.status()).isEqualTo(Sequence.Status.WAITING);
    assertThat(scheduler.pool().availableCount()).isEqualTo(1);
  }

  @Test
  void givenPreemptedSequence_comesBackBeforeAllOthersThatWait() {
    Scheduler scheduler = scheduler(32, 8, 4);
    Sequence first = add(scheduler, 1, 1, 1, 1, 1, 1, 1, 1);
    Sequence second = add(scheduler, 2, 2, 2, 2, 2, 2, 2, 2);
    commit(scheduler.schedule());
    add(scheduler, 3);
    commit(scheduler.schedule());
    scheduler.remove(first);

    Step step = scheduler.schedule();

    // The first page of the second is still cached: 4 tokens are hits, 5 are computed again.
    assertThat(second.status()).isEqualTo(Sequence.Status.RUNNING);
    assertThat(describe(step)).containsExactly("1:4-9", "2:0-1");
  }

  @Test
  void givenPromptThatIsCachedWhole_computesAtLeastOneToken() {
    Scheduler scheduler = scheduler(32, 8, 64);
    Sequence first = add(scheduler, 1, 2, 3, 4, 5, 6, 7, 8);
    commit(scheduler.schedule());
    scheduler.remove(first);
    Sequence equal = add(scheduler, 1, 2, 3, 4, 5, 6, 7, 8);

    // 8 tokens are 2 full pages, but the last token is always computed: 1 page is a hit.
    assertThat(describe(scheduler.schedule())).containsExactly("1:4-8");
    assertThat(equal.hitTokenCount()).isEqualTo(4);
  }

  @Test
  void givenEqualPromptsInOneStep_sharesThePagesOfTheFirst() {
    Scheduler scheduler = scheduler(32, 8, 64);
    Sequence first = add(scheduler, 1, 2, 3, 4, 5, 6);
    Sequence second = add(scheduler, 1, 2, 3, 4, 7, 8);

    assertThat(describe(scheduler.schedule())).containsExactly("0:0-6", "1:4-6");
    assertThat(second.pageTable().page(0)).isEqualTo(first.pageTable().page(0));
    assertThat(second.pageTable().page(1)).isNotEqualTo(first.pageTable().page(1));
  }

  @Test
  void givenChunkThatEndsInsideAPage_publishesFullPagesOnly() {
    Scheduler scheduler = new Scheduler(new Capacity(6, 4, MAX_LENGTH, 4, 64), 6, true);
    add(scheduler, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    scheduler.schedule();
    Sequence second = add(scheduler, 1, 2, 3, 4, 5, 6, 7, 8, 9);

    // 6 tokens are planned: page 0 is full, page 1 only half. Running takes 3 of the budget of 6.
    Step step = scheduler.schedule();

    // Now page 1 is planned to its end as well, so both pages are hits.
    assertThat(describe(step)).containsExactly("0:6-9", "1:8-9");
    assertThat(second.hitTokenCount()).isEqualTo(8);
  }

  @Test
  void givenPrefixCachingOff_sharesNothing() {
    Scheduler scheduler = new Scheduler(new Capacity(32, 8, MAX_LENGTH, 4, 64), 32, false);
    add(scheduler, 1, 2, 3, 4, 5, 6);
    add(scheduler, 1, 2, 3, 4, 7, 8);

    assertThat(describe(scheduler.schedule())).containsExactly("0:0-6", "1:0-6");
  }

  @Test
  void givenAllStateSlotsTaken_waitingWaits() {
    Scheduler scheduler = scheduler(32, 1, 64);
    add(scheduler, 1, 2);
    Sequence second = add(scheduler, 3, 4);

    assertThat(describe(scheduler.schedule())).containsExactly("0:0-2");
    assertThat(second.status()).isEqualTo(Sequence.Status.WAITING);
    assertThat(scheduler.waitingCount()).isEqualTo(1);
  }

  @Test
  void givenPoolTooSmallForOneSequence_refuses() {
    assertThatThrownBy(() -> scheduler(32, 8, 3))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("3 pages cannot hold one sequence of 16 tokens");
  }

  private static Scheduler scheduler(int budget, int sequences, int pages) {
    return new Scheduler(new Capacity(budget, sequences, MAX_LENGTH, 4, pages), budget, true);
  }

  private Sequence add(Scheduler scheduler, int... prompt) {
    RequestState request =
        new RequestState(
            nextTicket++,
            1,
            EngineFixture.request(EngineFixture.greedy(MAX_LENGTH), prompt),
            4,
            "n");
    StopChecker stopChecker =
        new StopChecker(SamplingParams.DEFAULTS, prompt, token -> false, new LetterTokenizer());
    Sequence sequence = new Sequence(request, 0, MAX_LENGTH, stopChecker);
    scheduler.add(sequence);
    return sequence;
  }

  /** Every sampling sequence gets token 50. */
  private static void commit(Step step) {
    StepOutput output = new StepOutput(1, 1);
    output.setToken(0, 50, -1, false);
    for (Step.Chunk chunk : step.chunks()) {
      if (chunk.isSampling()) {
        assertThat(chunk.sequence().commit(output, 0)).isNull();
      }
    }
  }

  private static List<String> describe(Step step) {
    return Arrays.stream(step.chunks().toArray(new Step.Chunk[0]))
        .map(c -> c.sequence().request().ticket() + ":" + c.start() + "-" + c.end())
        .toList();
  }
}
