// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import dev.highbeam.runtime.backend.HalfFloats;
import java.util.Arrays;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * Weights that are a function of (seed, tensor, row), so that each file may hold its rows in its
 * own order; all are exact in bfloat16, so that every file holds the same model. Immutable.
 *
 * <p>Norms are 1, everything else is normal. A matrix keeps the size of what it multiplies, which
 * at real widths is the spread of about 0.02 of trained ones: so each layer adds to the embedding
 * more than the embedding itself, and what comes out depends on all of them.
 */
final class RandomWeights {

  private static final double EMBEDDING_SPREAD = 0.02;
  private static final double BIAS_SPREAD = 0.5;
  private static final int BITS_OF_DRAW = 16;

  private final long seed;

  /** A weight is one of these, scaled: drawing a normal for each of a billion takes a minute. */
  private final double[] normals = new double[1 << BITS_OF_DRAW];

  RandomWeights(long seed) {
    this.seed = seed;
    Random random = new Random(seed);
    for (int i = 0; i < normals.length; i++) {
      normals[i] = random.nextGaussian();
    }
  }

  /** The rows of one tensor. */
  Rows of(TensorSpec tensor) {
    short[] values = new short[normals.length];
    if (tensor.kind() == TensorSpec.Kind.NORM) {
      Arrays.fill(values, HalfFloats.floatToBf16(1));
    } else {
      double spread = spread(tensor);
      for (int i = 0; i < values.length; i++) {
        values[i] = HalfFloats.floatToBf16((float) (normals[i] * spread));
      }
    }
    long tensorSeed = seed * 0x9E3779B97F4A7C15L + tensor.huggingFaceName().hashCode();
    return new Rows(tensorSeed * 0xBF58476D1CE4E5B9L, values);
  }

  private static double spread(TensorSpec tensor) {
    return switch (tensor.kind()) {
      case EMBEDDING -> EMBEDDING_SPREAD;
      case MATRIX -> 1 / Math.sqrt(tensor.columns());
      case BIAS -> BIAS_SPREAD;
      case NORM -> 0;
    };
  }

  /** Draws the rows of a tensor from the values that it may have, as bfloat16. */
  static final class Rows {

    private final long seed;
    private final short[] values;

    private Rows(long seed, short[] values) {
      this.seed = seed;
      this.values = values;
    }

    /**
     * Fills an array with one row.
     *
     * @param row [columns], as bfloat16
     */
    void get(int number, short[] row) {
      SplittableRandom random = new SplittableRandom(seed + number);
      for (int i = 0; i < row.length; ) {
        long draws = random.nextLong();
        for (int end = Math.min(i + 64 / BITS_OF_DRAW, row.length); i < end; i++) {
          row[i] = values[(int) (draws & (values.length - 1))];
          draws >>>= BITS_OF_DRAW;
        }
      }
    }
  }
}
