// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TargetArchTest {

  private static final List<String> CAPABILITIES =
      List.of("5.2", "7.0", "7.5", "8.0", "8.9", "9.0", "10.0", "10.3", "11.0", "12.0", "12.1");

  @ParameterizedTest
  @CsvSource({
    "sm_75, 7.5",
    "sm_80, 8.0 8.9",
    "sm_89, 8.9",
    "sm_90, 9.0",
    "sm_90a, 9.0",
    "sm_100, 10.0 10.3",
    "sm_100a, 10.0",
    "sm_100f, 10.0 10.3",
    "sm_103f, 10.3",
    "sm_120f, 12.0 12.1",
    "compute_75, 7.5 8.0 8.9 9.0 10.0 10.3 11.0 12.0 12.1",
    "compute_90, 9.0 10.0 10.3 11.0 12.0 12.1",
    "compute_90a, 9.0",
    "compute_100f, 10.0 10.3",
    "compute_121, 12.1"
  })
  void S1_4_givenAnImage_runsOn_exactlyTheDevicesOfItsKind(String image, String devices) {
    TargetArch arch = TargetArch.parse(image);

    assertThat(
            CAPABILITIES.stream()
                .filter(device -> arch.runsOn(Capability.parse(device)))
                .collect(Collectors.joining(" ")))
        .isEqualTo(devices);
  }

  @Test
  void givenShuffledNames_sort_isAlwaysTheSame() {
    List<String> sorted =
        Arrays.stream("compute_80 sm_120 sm_90a sm_90 compute_75 sm_100f sm_80".split(" "))
            .map(TargetArch::parse)
            .sorted()
            .map(TargetArch::name)
            .toList();

    assertThat(String.join(" ", sorted))
        .isEqualTo("sm_80 sm_90 sm_90a sm_100f sm_120 compute_75 compute_80");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "90", "sm90", "sm_9", "sm_90b", "SM_90", "lto_80", "sm_1000", "sm_90a "})
  void givenAnotherForm_parse_namesIt(String name) {
    assertThatThrownBy(() -> TargetArch.parse(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + name + "'");
  }
}
