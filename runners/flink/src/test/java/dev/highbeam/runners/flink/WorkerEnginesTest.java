// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Settings;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.junit.jupiter.api.Test;

final class WorkerEnginesTest {

  @Test
  void givenEngineJarOfAnotherVersion_checkVersions_namesBothAndTheCure() {
    assertThatThrownBy(() -> WorkerEngines.checkVersions("0.1.0", "0.2.0"))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("job is of version 0.2.0")
        .hasMessageContaining("highbeam-engine.jar in the lib folder of Flink is of version 0.1.0");
  }

  @Test
  void givenSameVersionOrNone_checkVersions_passes() {
    assertThatCode(() -> WorkerEngines.checkVersions("0.2.0", "0.2.0")).doesNotThrowAnyException();
    assertThatCode(() -> WorkerEngines.checkVersions(null, "0.2.0")).doesNotThrowAnyException();
    assertThatCode(() -> WorkerEngines.checkVersions("0.2.0", null)).doesNotThrowAnyException();
  }

  @Test
  void givenFailureThatNoRetryCures_acquire_tellsFlinkNotToRestart() {
    EngineConfig config =
        EngineConfig.of(
            Settings.none(EngineSetting.class)
                .with(EngineSetting.MODEL, "/there/is/no/such/model")
                .with(EngineSetting.DEVICE, "cpu"));
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    assertThatThrownBy(() -> WorkerEngines.acquire(config))
        .isInstanceOf(SuppressRestartsException.class)
        .hasCauseInstanceOf(EngineException.class);
    assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(before);
  }
}
