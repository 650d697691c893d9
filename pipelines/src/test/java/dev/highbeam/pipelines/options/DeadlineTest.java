// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DeadlineTest {

  private static final Instant START = Instant.EPOCH;

  @ParameterizedTest
  @CsvSource({"45s,45", "90m,5400", "2h,7200", "1h30m,5400", "1h1s,3601", "0s,0"})
  void givenDuration_after_addsIt(String text, long seconds) {
    assertThat(Deadline.parse(text).after(START)).isEqualTo(START.plusSeconds(seconds));
  }

  @Test
  void givenTimeWithZone_after_isThatTime() {
    Instant six = Instant.parse("2026-11-22T06:00:00Z");
    assertThat(Deadline.parse("2026-11-22T06:00:00Z").after(START)).isEqualTo(six);
    assertThat(Deadline.parse("2026-11-22T08:00:00+02:00").after(START)).isEqualTo(six);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "h", "6:00", "10", "1m1h", "-1h", "2026-11-22T06:00:00", "soon"})
  void givenAnythingElse_isRefused(String text) {
    assertThatThrownBy(() -> Deadline.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a duration such as 90m");
  }
}
