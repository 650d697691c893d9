// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineException;
import org.junit.jupiter.api.Test;

final class BackendsTest {

  @Test
  void givenWordOfTheDeviceSetting_create_givesThatBackend() {
    try (Backend reference = Backends.create("reference", 0);
        Backend cpu = Backends.create("cpu", 1);
        Backend auto = Backends.create("auto", 1)) {
      assertThat(reference.numerics()).startsWith("reference-");
      assertThat(cpu.numerics()).startsWith("cpu");
      assertThat(auto.numerics()).isEqualTo(cpu.numerics());
    }
  }

  @Test
  void givenUnknownWord_create_refusesTheConfiguration() {
    assertThatThrownBy(() -> Backends.create("quantum", 0))
        .isInstanceOfSatisfying(
            EngineException.class,
            e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.CONFIGURATION))
        .hasMessage("device must be auto, cpu or reference, was 'quantum'");
  }
}
