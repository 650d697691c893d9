// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.EngineException;
import org.junit.jupiter.api.Test;

final class JobFailureTest {

  private static JobFailure wrapped(Throwable cause) {
    return JobFailure.of(new IllegalStateException("runner", new RuntimeException("fn", cause)));
  }

  @Test
  void givenEnginesKinds_mapsEachToItsExitCode() {
    assertThat(wrapped(EngineException.configuration("too large")))
        .isEqualTo(new JobFailure(JobOutcome.MISCONFIGURED, "too large"));
    assertThat(wrapped(EngineException.retryable("disk", null)))
        .isEqualTo(new JobFailure(JobOutcome.FAILED, "disk"));
    assertThat(wrapped(EngineException.fatal("illegal address", null)))
        .isEqualTo(new JobFailure(JobOutcome.FATAL_DEVICE, "illegal address"));
    assertThat(JobOutcome.MISCONFIGURED.exitCode().number()).isEqualTo(2);
    assertThat(JobOutcome.FAILED.exitCode().number()).isEqualTo(1);
    assertThat(JobOutcome.FATAL_DEVICE.exitCode().number()).isEqualTo(70);
    assertThat(JobOutcome.TOO_MANY_ERRORS.exitCode().number()).isEqualTo(3);
    assertThat(JobOutcome.DONE.exitCode().number()).isZero();
  }

  @Test
  void givenUnknownCause_showsTheDeepest() {
    assertThat(wrapped(new IllegalArgumentException("bad page")))
        .isEqualTo(new JobFailure(JobOutcome.FAILED, "IllegalArgumentException: bad page"));
  }

  @Test
  void givenSignalBeforeTheHookOfALibrary_isCancelled() {
    assertThat(wrapped(new IllegalStateException("Shutdown in progress")).outcome())
        .isEqualTo(JobOutcome.CANCELLED);
  }

  @Test
  void givenOutOfMemory_saysWhatToDo() {
    assertThat(wrapped(new OutOfMemoryError("Java heap space")).sentence())
        .contains("Java heap space", "HIGHBEAM_JAVA_OPTS=-Xmx");
  }
}
