// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.arrange.KeyRanges;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * What is done with the requests before they are cut into shards.
 *
 * @param dedupe whether equal requests are computed once
 * @param groupPrefixes whether requests that begin alike come beside each other
 * @param longestFirst whether a shard begins with what takes longest
 * @param reuse rows of an earlier job, or null
 * @param rangeKeys keys that one worker sorts in memory
 */
public record Arranging(
    boolean dedupe,
    boolean groupPrefixes,
    boolean longestFirst,
    @Nullable Reuse reuse,
    int rangeKeys)
    implements Serializable {

  /** Leaves everything as the input has it. */
  public static final Arranging NONE = new Arranging(false, false, false);

  public Arranging(boolean dedupe, boolean groupPrefixes, boolean longestFirst) {
    this(dedupe, groupPrefixes, longestFirst, null, KeyRanges.RANGE_KEYS);
  }

  /** With rows of an earlier job. */
  public Arranging reusing(Reuse rows) {
    return new Arranging(dedupe, groupPrefixes, longestFirst, rows, rangeKeys);
  }

  /** With so many keys in one worker's memory. */
  Arranging withRangeKeys(int keys) {
    return new Arranging(dedupe, groupPrefixes, longestFirst, reuse, keys);
  }

  /** Whether requests may leave their places. */
  boolean moves() {
    return dedupe || groupPrefixes;
  }

  /** Whether something is decided by the keys of requests. */
  boolean needsKeys() {
    return moves() || reuse != null;
  }
}
