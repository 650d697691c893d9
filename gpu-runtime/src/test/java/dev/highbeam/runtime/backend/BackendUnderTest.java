// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.List;

/** What the contract must be told of a backend. */
public interface BackendUnderTest {

  /** A new backend; the test closes it. */
  Backend backend();

  /** The first rows of a buffer, as f32, as the last step left them. */
  float[] read(Executable executable, Buffer buffer, int rowCount);

  /** Tokens of a page in the contract of whole steps; some backends are faster with some sizes. */
  default int pageSize() {
    return 8;
  }

  /** The types that activations can have. */
  default List<DType> dtypes() {
    return List.of(DType.F32, DType.BF16);
  }

  /** The types that keys and values can have. */
  default List<DType> kvTypes() {
    return List.of(DType.F32, DType.BF16);
  }

  /**
   * The one table of tolerances, by the type of the buffers: |actual - expected| <= absolute +
   * relative * |expected|. Sums of about one magnitude are assumed.
   */
  default Tolerance tolerance(DType dtype) {
    return switch (dtype) {
      case F32 -> new Tolerance(1e-5, 1e-5);
      // One rounding of an input, one of the output: 2^-9 each, and cancellation between.
      case BF16 -> new Tolerance(4e-3, 0x1p-7);
      case F16 -> new Tolerance(1e-3, 0x1p-10);
      // Half a step of 3 fraction bits.
      case FP8_E4M3 -> new Tolerance(6e-2, 0x1p-4);
    };
  }

  /** An allowed difference. */
  record Tolerance(double absolute, double relative) {

    /** Asserts that all elements are within the tolerance; NaN never is. */
    public void check(float[] actual, double[] expected, String what) {
      assertThat(actual).hasSize(expected.length);
      for (int i = 0; i < actual.length; i++) {
        double allowed = absolute + relative * Math.abs(expected[i]);
        // Negated, so that NaN fails; no assertion object for each of a million elements.
        if (!(Math.abs(actual[i] - expected[i]) <= allowed)) {
          fail("%s, element %d: %s instead of %s", what, i, actual[i], expected[i]);
        }
      }
    }
  }
}
