// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.arrange.KeyRanges;
import java.io.Serializable;

/**
 * What is done with the requests before they are cut into shards.
 *
 * @param dedupe whether equal requests are computed once
 * @param groupPrefixes whether requests that begin alike come beside each other
 * @param longestFirst whether a shard begins with what takes longest
 * @param rangeKeys keys that one worker sorts in memory
 */
public record Arranging(boolean dedupe, boolean groupPrefixes, boolean longestFirst, int rangeKeys)
    implements Serializable {

  /** Leaves everything as the input has it. */
  public static final Arranging NONE = new Arranging(false, false, false);

  public Arranging(boolean dedupe, boolean groupPrefixes, boolean longestFirst) {
    this(dedupe, groupPrefixes, longestFirst, KeyRanges.RANGE_KEYS);
  }

  /** With so many keys in one worker's memory. */
  Arranging withRangeKeys(int keys) {
    return new Arranging(dedupe, groupPrefixes, longestFirst, keys);
  }

  /** Whether requests may leave their places, so that their keys are needed. */
  boolean moves() {
    return dedupe || groupPrefixes;
  }
}
