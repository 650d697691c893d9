// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

/**
 * Llama 3's stretching of slow rotations, with the numbers of Llama 3.2's configuration: waves
 * longer than the original context over {@link #LOW} are stretched by the factor, those shorter
 * than over {@link #HIGH} stay, those between are blended.
 */
final class RopeFactors {

  static final double FACTOR = 32;
  static final double LOW = 1;
  static final double HIGH = 4;
  static final int ORIGINAL_CONTEXT = 8192;

  private RopeFactors() {}

  /** What llama.cpp divides each of the headDim / 2 frequencies by. */
  static float[] of(ModelShape shape) {
    float[] factors = new float[shape.headDim() / 2];
    for (int i = 0; i < factors.length; i++) {
      double frequency = Math.pow(shape.ropeTheta(), -2.0 * i / shape.headDim());
      factors[i] = (float) factor(2 * Math.PI / frequency);
    }
    return factors;
  }

  private static double factor(double wavelength) {
    if (wavelength < ORIGINAL_CONTEXT / HIGH) {
      return 1;
    }
    if (wavelength > ORIGINAL_CONTEXT / LOW) {
      return FACTOR;
    }
    double blend = (ORIGINAL_CONTEXT / wavelength - LOW) / (HIGH - LOW);
    return 1 / ((1 - blend) / FACTOR + blend);
  }
}
