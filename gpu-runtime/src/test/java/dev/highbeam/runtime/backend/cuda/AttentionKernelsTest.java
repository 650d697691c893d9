// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.fail;

import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Attention kernels against softmax attention in f64. */
final class AttentionKernelsTest {

  /** Types of queries, and of keys and values, that have kernels of their own. */
  static final List<AttentionCase> TYPES =
      List.of(
          new AttentionCase(ElementType.F32, ElementType.F32),
          new AttentionCase(ElementType.F32, ElementType.BF16),
          new AttentionCase(ElementType.BF16, ElementType.BF16),
          new AttentionCase(ElementType.F16, ElementType.F16),
          new AttentionCase(ElementType.BF16, ElementType.FP8),
          new AttentionCase(ElementType.F16, ElementType.FP8));

  @ParameterizedTest
  @CsvSource({
    // query heads, kv heads, head size, page size, heads first
    "1,1,8,1,false", "2,2,16,8,true", "4,1,64,16,false", "6,2,80,16,true", "7,1,96,32,false",
    "4,2,104,16,true", "4,1,128,16,false", "3,1,128,2,true", "2,1,256,16,true", "9,1,32,16,false",
    "16,1,64,64,true", "12,4,48,4,false"
  })
  void givenShape_attention_isSoftmaxOverEarlierTokens(
      int queryHeads, int kvHeads, int headDim, int pageSize, boolean hnd) {
    for (int device : devices()) {
      try (KernelBench bench = new KernelBench(device)) {
        for (AttentionCase types : TYPES) {
          AttentionCase layer =
              types.heads(queryHeads, kvHeads).headDim(headDim).pages(pageSize, hnd);
          check(
              bench,
              new AttentionStep(layer)
                  .prompt(1, 0, 67)
                  .prompt(2, 40, 30)
                  .prompt(3, 129, 1)
                  .output(4, 0, 1)
                  .output(5, pageSize - 1, 2)
                  .output(6, 70, 1));
        }
      }
    }
  }

  @Test
  void givenLengthsAroundSplits_attention_isSoftmaxOverEarlierTokens() {
    for (int device : devices()) {
      try (KernelBench bench = new KernelBench(device)) {
        for (AttentionCase types : TYPES) {
          for (int window : new int[] {0, 7, 600}) {
            AttentionStep step = new AttentionStep(types.window(window).sinks(window == 7));
            step.prompt(1, 500, 20).prompt(2, 1000, 30);
            for (int length : new int[] {510, 511, 512, 1023, 1024, 1130}) {
              step.output(length, length, 1);
            }
            check(bench, step);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0,0,false",
    "1,0,false",
    "7,0,true",
    "127,0,false",
    "0,30,true",
    "1,50,false",
    "127,30,true",
    "7,50,true",
    "0,0,true"
  })
  void givenWindowCapSinksAndScales_attention_appliesThem(
      int window, float softCap, boolean sinks) {
    for (int device : devices()) {
      try (KernelBench bench = new KernelBench(device)) {
        for (AttentionCase types : TYPES) {
          AttentionCase layer =
              types.heads(4, 2).headDim(48).window(window).softCap(softCap).sinks(sinks);
          check(
              bench,
              new AttentionStep(layer.scales(0.5f, 2))
                  .prompt(1, 0, 40)
                  .prompt(2, 130, 20)
                  .output(3, 0, 1)
                  .output(4, 150, 2)
                  .output(5, 1030, 1));
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
      for (AttentionCase types : TYPES) {
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
  @ValueSource(ints = {EmulatedGpu.CHECKED_SM_80, EmulatedGpu.CHECKED_SM_90, EmulatedGpu.SM_120})
  void givenDeviceThatChecks_attention_staysWithinItsMemory(int device) {
    try (KernelBench bench = new KernelBench(device)) {
      for (AttentionCase types : TYPES) {
        for (int headDim : new int[] {16, 80, 128, 256}) {
          AttentionCase layer = types.headDim(headDim).heads(3, 1).window(50);
          check(bench, new AttentionStep(layer).prompt(1, 30, 70).output(2, 511, 2));
        }
      }
    }
  }

  static int[] devices() {
    return new int[] {EmulatedGpu.SM_75, EmulatedGpu.SM_80, EmulatedGpu.SM_90};
  }

  private static void check(KernelBench bench, AttentionStep step) {
    float[][] rows = AttentionLaunches.run(bench, step);
    List<String> what = new ArrayList<>();
    int row = 0;
    for (AttentionStep.Entry entry : step.entries()) {
      for (int i = 0; i < entry.count(); i++) {
        int position = entry.position() + i;
        double[] expected = entry.sequence().expected(position);
        double error = relativeError(rows[row], expected);
        // Negated, so that NaN fails.
        if (!(error <= tolerance(bench, step.layer))) {
          what.add("%s position %s: %s".formatted(entry.tokenClass(), position, error));
        }
        row++;
      }
    }
    if (!what.isEmpty()) {
      fail("%s on %s: %s", step.layer, bench.capability(), what);
    }
  }

  /** The greatest difference against the greatest expected value. */
  private static double relativeError(float[] actual, double[] expected) {
    double scale = 1e-3;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      scale = Math.max(scale, Math.abs(expected[i]));
      // NaN stays.
      difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
    }
    return difference / scale;
  }

  /** On tensor cores weights are rounded to the type of operands, else nothing is. */
  private static double tolerance(KernelBench bench, AttentionCase layer) {
    String kernel =
        AttentionVariants.output(
                bench.capability(), layer.queryType(), layer.kvType(), layer.spec())
            .kernel();
    if (kernel.contains("_simt_")) {
      return 1e-5;
    }
    return layer.query == ElementType.F16 ? 2e-3 : 1e-2;
  }
}
