// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.arrange;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Cuts the order of all keys into ranges of about equally many, by a sample of them: a beginning
 * that all requests share, which hashing would send to one place, is no burden. Equal requests are
 * in the same range. Immutable.
 */
public final class KeyRanges {

  /** Keys of one range: few megabytes, which one worker sorts in memory. */
  public static final int RANGE_KEYS = 50_000;

  /** Sampled keys per range, so that ranges differ little. */
  private static final int SAMPLES_PER_RANGE = 100;

  private final List<RequestKey> borders;

  private KeyRanges(List<RequestKey> borders) {
    this.borders = borders;
  }

  /** How many ranges so many requests need. */
  public static int count(long requests, int rangeKeys) {
    return (int) Math.max(1, Math.min(Integer.MAX_VALUE, (requests + rangeKeys - 1) / rangeKeys));
  }

  /** Every how many-th key is a sample. */
  public static int sampleEvery(int rangeKeys) {
    return Math.max(1, rangeKeys / SAMPLES_PER_RANGE);
  }

  /** The ranges that a sample suggests, at most so many. */
  public static KeyRanges of(List<RequestKey> samples, int count) {
    List<RequestKey> sorted = new ArrayList<>(samples);
    Collections.sort(sorted);
    List<RequestKey> borders = new ArrayList<>();
    for (int i = 1; i < count; i++) {
      int at = (int) ((long) sorted.size() * i / count);
      boolean isNew =
          at > 0
              && at < sorted.size()
              && (borders.isEmpty()
                  || RequestKey.CONTENT.compare(borders.get(borders.size() - 1), sorted.get(at))
                      != 0);
      if (isNew) {
        borders.add(sorted.get(at));
      }
    }
    return new KeyRanges(borders);
  }

  /** The ranges that these encoded borders make. */
  public static KeyRanges decode(byte[] block) {
    List<RequestKey> borders = new ArrayList<>();
    RequestKey.decode(block, borders);
    return new KeyRanges(borders);
  }

  public byte[] encode() {
    return RequestKey.encode(borders);
  }

  /** The range of a key, from 0. */
  public int of(RequestKey key) {
    int at = Collections.binarySearch(borders, key, RequestKey.CONTENT);
    return at >= 0 ? at + 1 : -at - 1;
  }
}
