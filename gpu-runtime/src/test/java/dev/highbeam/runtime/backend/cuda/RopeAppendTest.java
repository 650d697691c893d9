// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rotation and filling of the cache against a few lines of Java: equal bits. */
final class RopeAppendTest {

  private static final int NO_PADDING = -1;

  private static final ElementType[] ACTIVATIONS = {
    ElementType.F32, ElementType.BF16, ElementType.F16
  };

  // Query heads and kv heads.
  private static final int[][] HEADS = {{4, 2}, {1, 1}, {8, 1}, {3, 3}, {16, 16}, {64, 64}};

  // Elements of a head and how many of them are rotated; with 6 and 20 one by one.
  private static final int[][] DIMS = {{64, 64}, {128, 128}, {256, 64}, {80, 20}, {6, 4}, {24, 0}};

  private static final int[] PAGE_SIZES = {1, 8, 16, 32};

  private static final int[] DEVICES = {
    EmulatedGpu.SM_75, EmulatedGpu.CHECKED_SM_80, EmulatedGpu.REVERSE_SM_80, EmulatedGpu.SM_90
  };

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void S2_4_givenPairsOfSettings_ropeAppend_equalsJavaAndLeavesTheRest(int share) {
    List<int[]> rows =
        Pairwise.cases(
            ACTIVATIONS.length,
            ElementType.values().length,
            HEADS.length,
            DIMS.length,
            PAGE_SIZES.length,
            2,
            2,
            2);
    try (KernelBench bench = new KernelBench(DEVICES[share])) {
      for (int i = share; i < rows.size(); i += DEVICES.length) {
        int[] row = rows.get(i);
        AppendCase shape =
            new AppendCase(
                ACTIVATIONS[row[0]],
                ElementType.values()[row[1]],
                HEADS[row[2]][0],
                HEADS[row[2]][1],
                DIMS[row[3]][0],
                DIMS[row[3]][1],
                PAGE_SIZES[row[4]],
                row[5] == 1,
                row[6] == 1,
                row[7] == 1 ? 0.37f : 1,
                row[7] == 1 ? 2.5f : 1);
        AppendTokens tokens = new AppendTokens(shape.pageSize(), NO_PADDING);
        AppendBench append = new AppendBench(bench, shape, tokens, i);
        append.run(1 + i % 3);
        append.check();
      }
    }
  }

  /** FlashInfer's issue 349: two kv heads of 128 in f16, joint pages of 16, on cuda:1. */
  @Test
  void S2_3_givenDeviceZeroCurrent_appendOnDeviceOne_equalsJava() {
    Runnable append =
        () -> {
          AppendCase shape =
              new AppendCase(ElementType.F16, ElementType.F16, 2, 2, 128, 0, 16, false, true, 1, 1);
          AppendTokens tokens = new AppendTokens(shape.pageSize(), NO_PADDING);
          try (KernelBench bench = new KernelBench(EmulatedGpu.SM_80)) {
            AppendBench onDeviceOne = new AppendBench(bench, shape, tokens, 349);
            onDeviceOne.run(2);
            onDeviceOne.check();
          }
        };
    try (CudaContext zero = EmulatedGpu.context(EmulatedGpu.SM_75)) {
      assertThat(zero.device().ordinal()).isZero();
      zero.run(append);
      zero.run(() -> CompletableFuture.runAsync(append, new ThreadWithoutContext()).join());
    }
  }

  /** Runs each task in a new thread, which has no current context. */
  private static final class ThreadWithoutContext implements Executor {
    @Override
    public void execute(Runnable task) {
      new Thread(task, "without context").start();
    }
  }

  @Test
  void S2_6_givenSlotBelowZero_ropeAppend_skipsItsKeysAndValues() {
    try (KernelBench bench = new KernelBench(EmulatedGpu.CHECKED_SM_90)) {
      for (int padding = 0; padding < 7; padding += 3) {
        for (boolean isHnd : new boolean[] {false, true}) {
          AppendCase shape =
              new AppendCase(
                  ElementType.BF16, ElementType.FP8, 2, 2, 16, 16, 8, isHnd, isHnd, 1, 1);
          AppendTokens tokens = new AppendTokens(shape.pageSize(), padding);
          AppendBench append = new AppendBench(bench, shape, tokens, padding);
          append.run(2);
          append.check();
        }
      }
    }
  }
}
