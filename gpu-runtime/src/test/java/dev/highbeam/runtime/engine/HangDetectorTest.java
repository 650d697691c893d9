// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A clock of whole seconds, a limit of ten, looks that should come each second. */
final class HangDetectorTest {

  private final Heartbeat heartbeat = new Heartbeat();
  private String op = "embed";
  private long now = 1_000;
  private final HangDetector detector =
      new HangDetector(heartbeat, () -> op, Duration.ofSeconds(10), Duration.ofSeconds(1));

  private @Nullable String lookAfter(int seconds) {
    now += seconds;
    return detector.look(now * 1_000_000_000L);
  }

  /** Looks so many times a second apart; what the last look said. */
  private @Nullable String looks(int count) {
    String said = null;
    for (int i = 0; i < count; i++) {
      said = lookAfter(1);
    }
    return said;
  }

  @Test
  void givenSilentStep_look_namesStepAndOpAfterTheLimit() {
    heartbeat.enterStep(12);
    op = "layer 3 attention";
    lookAfter(1);

    assertThat(looks(9)).isNull();
    assertThat(looks(1))
        .isEqualTo(
            "step 12 hangs in op 'layer 3 attention': no sign of life for 10 s"
                + " (step_timeout_seconds)");
  }

  @Test
  void givenIdleEngine_look_neverSaysAnything() {
    heartbeat.enterStep(1);
    lookAfter(1);
    heartbeat.rest();
    assertThat(looks(1000)).isNull();

    heartbeat.beat();
    assertThat(looks(10)).as("the idle time does not count").isNull();
    assertThat(looks(1)).startsWith("the engine's thread hangs between two steps");
  }

  @Test
  void givenOpsThatChange_look_letsAStepBeLong() {
    heartbeat.enterStep(1);
    for (int i = 0; i < 100; i++) {
      op = "op " + i;
      assertThat(looks(9)).isNull();
    }
    assertThat(looks(2)).contains("op 'op 99'");
  }

  @Test
  void givenStepsThatFollowOneAnother_look_saysNothingThoughTheOpIsTheSame() {
    for (int step = 1; step < 100; step++) {
      heartbeat.enterStep(step);
      assertThat(looks(9)).isNull();
    }
  }

  @Test
  void givenProcessThatWasStopped_look_doesNotCountTheTime() {
    heartbeat.enterStep(5);
    lookAfter(1);
    assertThat(lookAfter(3600)).isNull();
    assertThat(looks(7)).isNull();
    assertThat(looks(1)).startsWith("step 5 hangs");
  }
}
