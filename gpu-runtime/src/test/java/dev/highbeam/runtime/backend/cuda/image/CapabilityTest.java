// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CapabilityTest {

  @Test
  void S1_2_givenTwoDigitMajors_sort_ordersAsNumbers() {
    List<Capability> sorted = new ArrayList<>();
    for (String text :
        List.of("12.1", "10.0", "9.0", "7.5", "11.0", "8.9", "10.3", "5.2", "12.0")) {
      sorted.add(Capability.parse(text));
    }
    sorted.sort(null);

    assertThat(sorted.toString()).isEqualTo("[5.2, 7.5, 8.9, 9.0, 10.0, 10.3, 11.0, 12.0, 12.1]");
  }

  @Test
  void S1_2_givenEqualAndLowerPairs_isAtLeast_comparesMajorFirst() {
    Capability nine = new Capability(9, 0);

    assertThat(nine.isAtLeast(new Capability(8, 9))).isTrue();
    assertThat(nine.isAtLeast(nine)).isTrue();
    assertThat(nine.isAtLeast(new Capability(10, 0))).isFalse();
    assertThat(nine.isAtLeast(new Capability(9, 1))).isFalse();
  }

  @Test
  void givenANumber_ofNumber_splitsTheLastDigit() {
    assertThat(Capability.ofNumber(121)).isEqualTo(new Capability(12, 1));
    assertThat(Capability.ofNumber(75)).isEqualTo(Capability.FLOOR);
    assertThat(new Capability(12, 1).smName()).isEqualTo("sm_121");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "9", "9.", ".0", "9.10", "100.0", "-9.0", "9.0a", " 9.0", "sm_90", "九.0"})
  void givenAnotherForm_parse_namesTheFormAndTheText(String text) {
    assertThatThrownBy(() -> Capability.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("9.0")
        .hasMessageContaining("'" + text + "'");
  }

  @Test
  void givenNumbersOutOfRange_new_refuses() {
    assertThatThrownBy(() -> new Capability(9, 10)).hasMessageContaining("9.10");
    assertThatThrownBy(() -> new Capability(-1, 0)).hasMessageContaining("-1.0");
  }
}
