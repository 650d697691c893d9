// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CudaArchListTest {

  @ParameterizedTest
  @CsvSource({
    "8.9+PTX, sm_89;compute_89",
    "9.0a;8.0, sm_80;sm_90a",
    "sm_90, sm_90",
    "'8.0, 8.6 9.0A', sm_80;sm_86;sm_90a",
    "'compute_80 ; 8.0;8.0', sm_80;compute_80",
    "10.3f+ptx, sm_103f;compute_103f",
    "12.1;9.0;10.0, sm_90;sm_100;sm_121"
  })
  void S1_6_givenALegalList_parse_readsIt(String text, String canonical) {
    assertThat(parse(text)).hasToString(canonical);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "banana",
        "9",
        "9.",
        ".0",
        "9.0b",
        "9.0+",
        "9.0+PTX+PTX",
        "sm_9",
        "sm_90+PTX",
        "compute_",
        "9.0;",
        ";9.0",
        "9.0;;8.0",
        "8.9 banana",
        "100.0",
        "9.00",
        "-9.0",
        "9,0",
        "٩.0"
      })
  void S1_6_givenAMalformedList_parse_statesTheGrammar(String text) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessage(
            "cuda_arch_list must be items such as 9.0, 9.0a, 8.9+PTX, sm_90a or compute_80, parted"
                + " by semicolons, was '"
                + text
                + "'");
  }

  @Test
  void S1_6_givenSuffixes_admits_treatsNoneAsAny() {
    CudaArchList any = parse("9.0");
    assertThat(any.admits(false, 9, 0, "")).isTrue();
    assertThat(any.admits(false, 9, 0, "a")).isTrue();
    assertThat(any.admits(true, 9, 0, "")).isFalse();
    assertThat(any.admits(false, 9, 1, "")).isFalse();
    assertThat(any.admits(false, 8, 0, "")).isFalse();
    assertThat(parse("9.0a").admits(false, 9, 0, "")).isFalse();
    assertThat(parse("9.0a").admits(false, 9, 0, "a")).isTrue();
    assertThat(parse("9.0a").admits(false, 9, 0, "f")).isFalse();
  }

  private static CudaArchList parse(String text) {
    return CudaArchList.parse("cuda_arch_list", text);
  }
}
