// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;

/** Compares a step's attention with f64, or with other attention bit for bit. */
final class AttentionCheck {

  /** Below it an error is taken for absolute, not for relative. */
  private static final double SMALLEST_SCALE = 1e-3;

  private AttentionCheck() {}

  /** Runs the step and holds all its rows against softmax attention in f64. */
  static void check(KernelBench bench, AttentionStep step) {
    float[][] rows = AttentionLaunches.run(bench, step);
    List<String> what = new ArrayList<>();
    int row = 0;
    for (AttentionStep.Entry entry : step.entries()) {
      for (int i = 0; i < entry.count(); i++) {
        int position = entry.position() + i;
        double error = relativeError(rows[row], entry.sequence().expected(position));
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
    double scale = SMALLEST_SCALE;
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

  /** Fails unless a row has the bits of another, none of them NaN. */
  static void same(AttentionCase layer, int position, float[] actual, float[] expected) {
    for (int i = 0; i < expected.length; i++) {
      if (Float.floatToRawIntBits(actual[i]) != Float.floatToRawIntBits(expected[i])
          || Float.isNaN(actual[i])) {
        fail(
            "%s, position %s, element %s: %s instead of %s",
            layer, position, i, actual[i], expected[i]);
      }
    }
  }
}
