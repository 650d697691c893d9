// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.shards;

import java.io.Serializable;

/**
 * What was not computed, of rows that ended all the same.
 *
 * @param duplicates input rows that got the end of an equal one
 * @param reused input rows that got the rows of an earlier job
 * @param inputTokens prompt tokens of both
 * @param outputTokens generated tokens of both
 */
public record Spared(long duplicates, long reused, long inputTokens, long outputTokens)
    implements Serializable {

  public static final Spared NONE = new Spared(0, 0, 0, 0);

  public Spared plus(Spared other) {
    return new Spared(
        duplicates + other.duplicates,
        reused + other.reused,
        inputTokens + other.inputTokens,
        outputTokens + other.outputTokens);
  }

  Spared minus(Spared other) {
    return new Spared(
        duplicates - other.duplicates,
        reused - other.reused,
        inputTokens - other.inputTokens,
        outputTokens - other.outputTokens);
  }
}
