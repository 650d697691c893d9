// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class LlamaBenchTest {

  @Test
  void givenItsTable_parse_speedsOfBothPhases() throws FailedRunException {
    List<String> lines =
        List.of(
            "llama_context: something | else",
            "main: n_kv_max = 12288, n_batch = 2048",
            "",
            "|    PP |     TG |    B |   N_KV |   T_PP s | S_PP t/s |   T_TG s | S_TG t/s |      T s"
                + " |    S t/s |",
            "|-------|--------|------|--------|----------|----------|----------|----------|----------"
                + "|----------|",
            "|   128 |     64 |   64 |  12288 |   96.543 |    84.85 |   80.625 |    50.80 |  177.168"
                + " |    69.36 |",
            "",
            "llama_perf_context_print: load time = 1.00 ms");

    Measurement measured = LlamaBench.parse(lines);

    assertThat(measured.prefill()).isEqualTo(84.85);
    assertThat(measured.decode()).isEqualTo(50.80);
    assertThat(measured.others()).isEmpty();
  }

  @Test
  void givenNoRow_parse_fails() {
    assertThatThrownBy(() -> LlamaBench.parse(List.of("| S_PP t/s | S_TG t/s |", "|---|---|")))
        .isInstanceOf(FailedRunException.class);
  }
}
