// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

/**
 * Ended requests whose output says more about model or device than about the request.
 *
 * @param nonFinite rejected because logits held NaN or infinity
 * @param uniform rejected because all logits were equal
 * @param repeating completed, with a sample that looped: one token more than 32 times in a row, or
 *     a pattern of up to 16 tokens at least four times over more than 32 tokens
 * @param selfTests times that the device was tested because too many of them came
 */
public record DegenerateCounts(long nonFinite, long uniform, long repeating, long selfTests) {

  /** None yet. */
  public static final DegenerateCounts NONE = new DegenerateCounts(0, 0, 0, 0);

  /** Requests of all three kinds. */
  public long requests() {
    return nonFinite + uniform + repeating;
  }

  /** Both together. */
  public DegenerateCounts plus(DegenerateCounts other) {
    return new DegenerateCounts(
        nonFinite + other.nonFinite,
        uniform + other.uniform,
        repeating + other.repeating,
        selfTests + other.selfTests);
  }
}
