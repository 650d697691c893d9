// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** A good batch of two sequences, spoilt in one place at a time. */
final class BatchCheckTest {

  private static final Capacity CAPACITY = new Capacity(32, 4, 64, 8, 8);

  /** Entries: 0 has prompt tokens 0..9 of slot 1, 1 output tokens 10, 11 of it, 2 one of slot 3. */
  private static ForwardBatch good() {
    TestSequence a =
        new TestSequence(1, 10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
            .pages(2, 5)
            .scoreAt(4, 5, 20)
            .sampleAt(11, 0);
    TestSequence b = new TestSequence(3, 2, 1, 2, 3).pages(7).sampleAt(2, 1).computed(2);
    return new TestSteps(CAPACITY).add(a, 12).add(b, 1).build();
  }

  private static void refuses(Consumer<ForwardBatch> fault, String message) {
    ForwardBatch batch = good();
    fault.accept(batch);
    assertThatThrownBy(() -> new BatchCheck(CAPACITY, 40).accept(batch))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void givenGoodBatch_accept_agrees() {
    assertThatCode(() -> new BatchCheck(CAPACITY, 40).accept(good())).doesNotThrowAnyException();
  }

  @Test
  void givenSpoiltTokens_accept_refuses() {
    refuses(ForwardBatch::clear, "tokens of a step");
    refuses(batch -> batch.positions[3] = 4, "position after");
    refuses(batch -> batch.positions[12] = 1, "position of a token of its class");
    refuses(batch -> batch.positions[9] = 10, "position of a token of its class");
    refuses(batch -> batch.stateSlots[2] = 0, "state slot 0 was never assigned");
    refuses(batch -> batch.stateSlots[2] = 4, "state slot must be from 0 to 3");
    refuses(batch -> batch.tokenIds[0] = -5, "state slot must be from 0 to 3");
    refuses(batch -> batch.tokenIds[0] = -1, "state slot 0 was never assigned");
  }

  @Test
  void givenSpoiltPages_accept_refuses() {
    refuses(batch -> batch.lastPageLength[0] = 3, "lastPageLength must be 2, was 3");
    refuses(batch -> batch.pageIndices[0] = 8, "page id must be from 0 to 7");
    refuses(batch -> batch.slotMapping[0] = 17, "slotMapping must be 16, was 17");
    refuses(batch -> batch.pageIndptr[1] = 1, "pages of an entry must be 2, was 1");
    refuses(
        batch -> {
          // The third entry writes where the first has its first token's place but two.
          batch.pageIndices[batch.pageIndptr[2]] = 2;
          batch.slotMapping[12] = 18;
        },
        "KV slot 18 is written twice");
  }

  @Test
  void givenSpoiltLogitRows_accept_refuses() {
    refuses(batch -> batch.logitRows[0] = 10, "logit row must be from 0 to 9");
    refuses(batch -> batch.logitTargets[0] = 40, "logit target must be from 0 to 39");
    refuses(batch -> batch.logitAlternatives[0] = 21, "alternatives must be from 0 to 20");
  }
}
