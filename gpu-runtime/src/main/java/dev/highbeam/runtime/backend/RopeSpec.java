// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

/**
 * Rotary position embedding (Su et al., RoFormer, 2021), half-split pairing as in Hugging Face
 * checkpoints: element i of a head is paired with element i + rotaryDim / 2 and rotated by position
 * * inverseFrequencies[i]. Elements from rotaryDim on stay as they are.
 *
 * @param rotaryDim elements of a head that are rotated; even
 * @param inverseFrequencies radians per position, [rotaryDim / 2]; scaling already applied
 * @param amplitude factor on sine and cosine (1 but for YaRN)
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by identity only; made once per model.
public record RopeSpec(int rotaryDim, float[] inverseFrequencies, float amplitude) {

  /**
   * The angle of pair i at a position: the f32 product, as the checkpoints' own code computes it.
   * Backends take sine and cosine of this value in f64 and round once.
   */
  public float angle(int position, int pair) {
    return position * inverseFrequencies[pair];
  }
}
