// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import dev.highbeam.runtime.backend.HalfFloats;
import java.util.Arrays;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * Weights that are a function of (seed, tensor, row), so that each file may hold its rows in its
 * own order. Matrices and biases are normal with the spread of a trained model, norms are 1; all
 * are exact in bfloat16, so that every file holds the same model. Safe for many threads.
 */
final class RandomWeights {

  /** As in the initializer_range of both checkpoints whose shapes are written. */
  private static final double SPREAD = 0.02;

  private static final short ONE = 0x3F80;
  private static final int BITS_OF_DRAW = 16;

  private final long seed;

  /** A weight is one of these: drawing a normal for each of a billion would take a minute. */
  private final short[] normals = new short[1 << BITS_OF_DRAW];

  RandomWeights(long seed) {
    this.seed = seed;
    Random random = new Random(seed);
    for (int i = 0; i < normals.length; i++) {
      normals[i] = HalfFloats.floatToBf16((float) (random.nextGaussian() * SPREAD));
    }
  }

  /**
   * Fills an array with one row as bfloat16.
   *
   * @param row [columns]
   */
  void row(TensorSpec tensor, int number, short[] row) {
    if (tensor.kind() == TensorSpec.Kind.NORM) {
      Arrays.fill(row, ONE);
      return;
    }
    long tensorSeed = seed * 0x9E3779B97F4A7C15L + tensor.huggingFaceName().hashCode();
    SplittableRandom random = new SplittableRandom(tensorSeed * 0xBF58476D1CE4E5B9L + number);
    for (int i = 0; i < row.length; ) {
      long draws = random.nextLong();
      for (int end = Math.min(i + 64 / BITS_OF_DRAW, row.length); i < end; i++) {
        row[i] = normals[(int) (draws & (normals.length - 1))];
        draws >>>= BITS_OF_DRAW;
      }
    }
  }
}
