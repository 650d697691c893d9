// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

final class MeasurementTest {

  @Test
  void givenLine_parse_theMeasurement() {
    Measurement measured = new Measurement(123.25, 4.5, 0.125);

    assertThat(Measurement.parse(measured.toLine())).isEqualTo(measured);
    assertThat(Measurement.parse("loaded in 1.0 s")).isNull();
  }

  @Test
  void givenOthersUnknown_parse_unknown() {
    Measurement measured = Measurement.parse(new Measurement(1, 2, Double.NaN).toLine());

    assertThat(measured).isNotNull();
    assertThat(measured.others()).isEmpty();
  }

  @Test
  void givenProcStat_busySeconds_allButIdleAndWaiting() {
    // user 100, nice 20, system 30, idle 4000, waiting 500, interrupts 6 and 7, stolen 8, guest 90.
    assertThat(ProcessorUse.busySeconds("cpu  100 20 30 4000 500 6 7 8 90 0"))
        .isCloseTo(1.71, within(1e-9));
  }

  @Test
  void givenValues_spread_endsAndMiddle() {
    assertThat(Spread.of(List.of(3.0, 1.0, 2.0))).isEqualTo(new Spread(1, 2, 3));
    assertThat(Spread.of(List.of(4.0, 1.0, 2.0, 3.0))).isEqualTo(new Spread(1, 2.5, 4));
    assertThatThrownBy(() -> Spread.of(List.of())).isInstanceOf(IllegalArgumentException.class);
  }
}
