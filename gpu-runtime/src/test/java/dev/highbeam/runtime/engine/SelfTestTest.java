// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.StepOutput;
import dev.highbeam.runtime.backend.cpu.CpuBackend;
import dev.highbeam.runtime.backend.reference.ReferenceBackend;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SelfTestTest {

  /** What a device may have wrong from the second step on, as damage to the batch that it sees. */
  private enum Fault {
    /** Only the first page is found. */
    PAGE_TABLE(
        batch -> {
          for (int p = 1; p < batch.pageCount(); p++) {
            batch.pageIndices[p] = batch.pageIndices[0];
          }
        }),
    /** The page behind the edge is one that nobody has written. */
    PAGE_BEHIND_THE_EDGE(batch -> batch.pageIndices[batch.pageCount() - 1] = 0),
    POSITIONS(
        batch -> {
          for (int t = 0; t < batch.tokenCount(); t++) {
            batch.positions[t]--;
          }
        }),
    STATE_SLOT(
        batch -> {
          for (int t = 0; t < batch.tokenCount(); t++) {
            batch.tokenIds[t] = Math.max(0, batch.tokenIds[t]);
          }
        });

    private final Consumer<ForwardBatch> damage;

    Fault(Consumer<ForwardBatch> damage) {
      this.damage = damage;
    }

    BiConsumer<ForwardBatch, Integer> afterFirstStep() {
      return (batch, step) -> {
        if (step > 0) {
          damage.accept(batch);
        }
      };
    }
  }

  private static SelfTest compile(Backend backend, DType dtype, int pageSize) {
    return SelfTest.compile(backend, dtype, dtype, pageSize);
  }

  /** The constants are what the oracle computes, much closer than any tolerance. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 8, 16, 32, 64, 128, 256})
  void S4_7_givenReference_run_isWhereTheValuesCameFrom(int pageSize) {
    ReferenceBackend reference = new ReferenceBackend();
    try (SelfTest test = SelfTest.compile(reference, DType.F32, DType.F32, pageSize, 2e-5)) {
      test.run();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 8, 16, 32, 64, 128, 256})
  void S4_7_givenHealthyDevice_run_passesInEveryType(int pageSize) {
    for (DType dtype : List.of(DType.F32, DType.BF16)) {
      try (Backend cpu = CpuBackend.create(2);
          SelfTest test = compile(cpu, dtype, pageSize)) {
        test.run();
        test.run(); // Whatever the first run left in the cache.
      }
    }
    try (SelfTest fp8 =
        SelfTest.compile(new ReferenceBackend(), DType.F32, DType.FP8_E4M3, pageSize)) {
      fp8.run();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8, 16, 64, 256})
  void S4_7_givenStaleCopyOfTheKvCache_run_catchesItAndOneStepWouldNot(int pageSize) {
    for (DType dtype : List.of(DType.F32, DType.BF16)) {
      try (Backend cpu = CpuBackend.create(2);
          SelfTest whole = compile(stale(cpu), dtype, pageSize);
          SelfTest oneStep = compile(stale(cpu), dtype, pageSize)) {
        assertThatThrownBy(whole::run)
            .isInstanceOf(EngineException.class)
            .hasMessageStartingWith("the device fails its self-test: after position ")
            .extracting(e -> ((EngineException) e).kind())
            .isEqualTo(EngineException.Kind.FATAL);
        // Not the fault's doing but the shape's: with one step there is nothing to see.
        assertThatCode(() -> oneStep.run(oneStep.promptLength(), 0)).doesNotThrowAnyException();
      }
    }
    // Even with the widest tolerance that a type has.
    try (Backend cpu = CpuBackend.create(2);
        SelfTest wide =
            SelfTest.compile(
                stale(cpu), DType.F32, DType.F32, pageSize, SelfTest.tolerance(DType.FP8_E4M3))) {
      assertThatThrownBy(wide::run).hasMessageStartingWith("the device fails its self-test");
    }
  }

  private static Backend stale(Backend backend) {
    return FaultyBackend.of(backend, FaultyExecutable::withStaleKvCopy);
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void S4_7_givenFault_run_catchesItWithEveryPageSize(Fault fault) {
    for (int pageSize : new int[] {1, 2, 4, 8, 16, 32, 64, 128, 256}) {
      for (DType dtype : List.of(DType.F32, DType.BF16)) {
        try (Backend cpu = CpuBackend.create(2);
            SelfTest test =
                compile(
                    FaultyBackend.of(cpu, FaultyExecutable.damaging(fault.afterFirstStep())),
                    dtype,
                    pageSize)) {
          assertThatThrownBy(test::run)
              .as("pages of %s, %s", pageSize, dtype)
              .hasMessageStartingWith("the device fails its self-test");
        }
      }
    }
  }

  /** What a device can give back for each row, all else being right. */
  private enum BadRow {
    NAN_THAT_NOBODY_FLAGS,
    NON_FINITE,
    UNIFORM,
    OTHER_TOKEN;

    void write(StepOutput output, int row) {
      int token = output.tokenId(row);
      switch (this) {
        case NAN_THAT_NOBODY_FLAGS -> output.setToken(row, token, Float.NaN, false);
        case NON_FINITE -> output.setToken(row, token, output.logprob(row), true);
        case UNIFORM -> output.setUniform(row);
        case OTHER_TOKEN -> output.setToken(row, token + 1, output.logprob(row), false);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(BadRow.class)
  void S4_7_givenOneBadRow_run_catchesIt(BadRow bad) {
    FaultyBackend.Fault fault =
        (healthy, program, capacity) ->
            FaultyExecutable.answering(
                healthy.compile(program, capacity), capacity, output -> bad.write(output, 0));
    try (Backend cpu = CpuBackend.create(1);
        SelfTest test = compile(FaultyBackend.of(cpu, fault), DType.F32, 16)) {
      assertThatThrownBy(test::run).hasMessageStartingWith("the device fails its self-test");
    }
  }

  @Test
  void S4_7_givenNoise_tolerance_isTighterThanAnyFault() {
    assertThat(SelfTest.tolerance(DType.F32)).isLessThan(0.01);
    assertThat(SelfTest.tolerance(DType.F16)).isLessThan(SelfTest.tolerance(DType.BF16));
    assertThat(SelfTest.tolerance(DType.BF16)).isLessThan(0.2);
    assertThat(SelfTest.tolerance(DType.FP8_E4M3)).isLessThan(0.7);
  }
}
