// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.engine.DegenerateCounts;
import dev.highbeam.runtime.engine.EngineStats;
import org.junit.jupiter.api.Test;

final class DecodeWatchTest {

  @Test
  void givenSteps_span_fromLastPromptToFirstEnd() {
    DecodeWatch watch = new DecodeWatch(() -> stats(1000, 100, 50, 7), 256);

    watch.look(stats(1128, 100, 51, 7), 10); // One of two prompts.
    watch.look(stats(1240, 116, 53, 7), 20); // Both: 140 computed and 116 from the cache.
    watch.look(stats(1240, 116, 55, 7), 30);
    watch.look(stats(1240, 116, 55, 7), 35); // Nothing new.
    watch.look(stats(1240, 116, 57, 7), 40);
    watch.look(stats(1240, 116, 59, 8), 50); // One has ended in this step.

    assertThat(watch.span()).isEqualTo(new DecodeSpan(4, 20));
  }

  @Test
  void givenEndBeforeLastPrompt_span_holdsNoRate() {
    DecodeWatch watch = new DecodeWatch(() -> stats(0, 0, 0, 0), 256);

    watch.look(stats(128, 0, 1, 0), 10);
    watch.look(stats(256, 0, 9, 1), 20);

    assertThatThrownBy(() -> watch.span().tokensPerSecond())
        .isInstanceOf(IllegalStateException.class);
  }

  private static EngineStats stats(long prompt, long cached, long output, long finished) {
    return new EngineStats(
        0, prompt, cached, output, finished, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, none());
  }

  private static DegenerateCounts none() {
    return new DegenerateCounts(0, 0, 0, 0);
  }
}
