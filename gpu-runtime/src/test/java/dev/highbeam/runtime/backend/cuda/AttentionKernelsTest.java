// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.fail;

import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Attention kernels against softmax attention in f64. */
final class AttentionKernelsTest {

  private static final int[] DEVICES = {EmulatedGpu.SM_75, EmulatedGpu.SM_80, EmulatedGpu.SM_90};

  /** Prompts whole and in chunks, and lengths of 1 and around a page. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void S2_8_givenPairsOfSettings_attention_isSoftmaxOverEarlierTokens(int share) {
    try (KernelBench bench = new KernelBench(DEVICES[share])) {
      for (AttentionCase layer : AttentionCases.pairwise(share, DEVICES.length)) {
        int page = layer.pageSize;
        AttentionStep step =
            new AttentionStep(layer)
                .prompt(1, 0, page + 1)
                .prompt(2, 40, 30)
                .prompt(3, 129, 1)
                .output(4, 0, 1)
                .output(5, page - 1, 2);
        if (page > 1) {
          step.output(6, page - 2, 1);
        }
        AttentionCheck.check(bench, step.output(7, 140, 1));
      }
    }
  }

  /** Every kernel that a device has. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void S2_8_givenEveryTypeAndHeadSize_attention_isSoftmaxOverEarlierTokens(int share) {
    try (KernelBench bench = new KernelBench(DEVICES[share])) {
      for (AttentionCase types : AttentionCases.TYPES) {
        for (int headDim : new int[] {64, 80, 96, 128, 256}) {
          AttentionStep step = new AttentionStep(types.headDim(headDim));
          AttentionCheck.check(bench, step.prompt(1, 0, 18).output(2, 33, 1));
        }
      }
    }
  }

  @Test
  void S2_8_givenAnyNumberOfQueryHeadsPerKvHead_attention_readsTheirOwn() {
    try (KernelBench bench = new KernelBench(EmulatedGpu.SM_80)) {
      for (int group = 1; group <= 16; group++) {
        for (AttentionCase types : AttentionCases.TYPES.subList(1, 3)) {
          AttentionCase layer = types.heads(2 * group, 2).headDim(16).sinks(true);
          AttentionCheck.check(bench, new AttentionStep(layer).prompt(1, 0, 5).output(2, 20, 1));
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"0,0", "0,50", "127,0", "600,30"})
  void S2_8_givenFourThousandKeys_attention_isSoftmaxOverThem(int window, float softCap) {
    try (KernelBench bench = new KernelBench(EmulatedGpu.SM_90)) {
      for (AttentionCase types : AttentionCases.TYPES) {
        AttentionCase layer = types.window(window).softCap(softCap);
        AttentionCheck.check(bench, new AttentionStep(layer).prompt(1, 4096, 1).output(2, 4096, 1));
      }
    }
  }

  /** The greatest weights lie in another split, or outside of what a row sees. */
  @ParameterizedTest
  @ValueSource(ints = {0, 7, 600})
  void S2_8_givenLengthsAroundSplits_attention_isSoftmaxOverEarlierTokens(int window) {
    for (int device : DEVICES) {
      try (KernelBench bench = new KernelBench(device)) {
        // A type on tensor cores and another, each on every second device.
        for (AttentionCase types : AttentionCases.TYPES.subList(device % 3, device % 3 + 3)) {
          AttentionStep step =
              new AttentionStep(types.window(window).sinks(window == 7)).prompt(1, 500, 20);
          for (int length : new int[] {510, 511, 512, 1023, 1024}) {
            step.output(length, length, 1);
          }
          AttentionCheck.check(bench, step);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ElementType.class,
      names = {"BF16", "F16"})
  void givenTypeOfResults_attention_roundsOnce(ElementType out) {
    try (KernelBench bench = new KernelBench(EmulatedGpu.SM_80)) {
      for (AttentionCase types : AttentionCases.TYPES) {
        AttentionStep step = new AttentionStep(types.out(out)).prompt(1, 0, 9).output(2, 600, 1);
        AttentionStep exact = new AttentionStep(types).prompt(1, 0, 9).output(2, 600, 1);
        float[][] rounded = AttentionLaunches.run(bench, step);
        float[][] rows = AttentionLaunches.run(bench, exact);
        for (int row = 0; row < rows.length; row++) {
          for (int i = 0; i < rows[row].length; i++) {
            if (rounded[row][i] != out.round(rows[row][i])) {
              fail("%s: %s instead of %s rounded", step.layer, rounded[row][i], rows[row][i]);
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {EmulatedGpu.CHECKED_SM_80, EmulatedGpu.CHECKED_SM_90})
  void givenDeviceThatChecks_attention_staysWithinItsMemoryWithoutRaces(int device) {
    try (KernelBench bench = new KernelBench(device)) {
      int[] headDims = {16, 80, 128, 256, 96, 64};
      for (int i = 0; i < headDims.length; i++) {
        AttentionCase layer = AttentionCases.TYPES.get(i).headDim(headDims[i]).heads(3, 1);
        AttentionStep step = new AttentionStep(layer.window(50)).prompt(1, 30, 40);
        AttentionCheck.check(bench, step.output(2, 511, 2));
      }
    }
  }
}
