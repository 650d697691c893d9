// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.progress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class ProgressMeterTest {

  private static final long SECOND = 1_000_000_000L;

  private static ProgressSample sample(long served, long outputTokens) {
    return new ProgressSample(
        ProgressFixtures.counts(100, served, 10, 0),
        ProgressFixtures.engine(0, outputTokens, 1, 1));
  }

  @Test
  void givenTokensOfRowsInFlight_estimatesByTokens() {
    ProgressMeter meter = new ProgressMeter(5 * SECOND);
    // 10 rows of 10 tokens are done, 300 more tokens belong to rows in flight: 400 of 1000 tokens
    // in
    // 10 s leave 600 at 40 per second. By rows it would be 90 s.
    ProgressView view = meter.view(15 * SECOND, sample(10, 400));
    assertThat(view.elapsedSeconds()).isEqualTo(10);
    assertThat(view.outputTokensPerSecond()).isEqualTo(40);
    assertThat(view.rowsPerSecond()).isEqualTo(1);
    assertThat(view.remainingSeconds()).isEqualTo(15);
  }

  @Test
  void givenSlowStart_ratesAreThoseOfTheLastHalfMinute() {
    ProgressMeter meter = new ProgressMeter(0);
    meter.view(100 * SECOND, sample(1, 10));
    meter.view(110 * SECOND, sample(2, 20));
    ProgressView view = meter.view(120 * SECOND, sample(12, 220));
    // Points 0, 100, 110; at 120 the first is too old, so 210 tokens in 20 s.
    assertThat(view.outputTokensPerSecond()).isCloseTo(10.5, within(1e-9));
    assertThat(view.rowsPerSecond()).isCloseTo(0.55, within(1e-9));
  }

  @Test
  void givenNoRowDoneOrNoEngine_hasNoEstimate() {
    ProgressMeter meter = new ProgressMeter(0);
    assertThat(meter.view(SECOND, sample(0, 50)).remainingSeconds()).isEqualTo(-1);
    // Rows that failed at once say nothing of how long the others take.
    ProgressSample failed =
        new ProgressSample(
            ProgressFixtures.counts(100, 0, 0, 5), ProgressFixtures.engine(0, 60, 1, 1));
    assertThat(meter.view(2 * SECOND, failed).remainingSeconds()).isEqualTo(-1);
    assertThat(meter.view(3 * SECOND, ProgressSample.NONE).remainingSeconds()).isEqualTo(-1);
  }

  @Test
  void givenMoreTokensThanExpected_remainingIsNeverNegative() {
    ProgressMeter meter = new ProgressMeter(0);
    assertThat(meter.view(SECOND, sample(50, 5000)).remainingSeconds()).isZero();
  }
}
