// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

final class TokenTimesTest {

  @Test
  void givenSequencesThatOverlap_span_onlyTheTimeOfBoth() {
    TokenTimes times = new TokenTimes(2);
    // Ten tokens each, one in 10 ns; both decode from 30 to 100.
    for (int token = 0; token < 10; token++) {
      times.came(0, 10 + 10 * token);
      times.came(1, 30 + 10 * token);
    }

    DecodeSpan span = times.span(10);

    assertThat(span.nanos()).isEqualTo(70);
    assertThat(span.tokens()).isCloseTo(14, within(1e-9));
    assertThat(span.tokensPerSecond()).isCloseTo(0.2e9, within(1.0));
  }

  @Test
  void givenTokensKeptBack_span_countsThem() {
    TokenTimes times = new TokenTimes(1);
    times.came(0, 100);
    times.came(0, 1000);

    assertThat(times.span(10).tokens()).isCloseTo(9, within(1e-9));
  }

  @Test
  void givenSequencesOneAfterAnother_tokensPerSecond_refused() {
    TokenTimes times = new TokenTimes(2);
    times.came(0, 10);
    times.came(0, 20);
    times.came(1, 30);
    times.came(1, 40);

    DecodeSpan span = times.span(2);

    assertThatThrownBy(span::tokensPerSecond).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void givenSequenceWithoutToken_span_refused() {
    TokenTimes times = new TokenTimes(2);
    times.came(0, 10);

    assertThatThrownBy(() -> times.span(1)).hasMessageContaining("sequence 1");
  }

  @Test
  void givenFailingSequence_run_fails() {
    assertThatThrownBy(
            () ->
                new TokenTimes(2)
                    .run(
                        number -> {
                          throw new IllegalStateException("broken");
                        }))
        .isInstanceOf(ExecutionException.class)
        .hasRootCauseMessage("broken");
  }
}
