// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.sampling;

import java.util.Arrays;

/**
 * The distinct tokens of a sequence and how often each was generated: a hash table with open
 * addressing, so that a slot takes memory for what its sequence holds, not for the vocabulary.
 * Entries are numbered in the order in which they came.
 */
final class TokenCounts {

  private int[] tokenIds = new int[16];
  private int[] outputCounts = new int[16];
  // Entry number + 1 by hash; 0 is free. Twice as many places as entries.
  private int[] places = new int[32];
  private int count;

  /** Notes that the token occurs, in the prompt or the output. */
  void addSeen(int tokenId) {
    entryOf(tokenId);
  }

  /** Notes that the token was generated once more. */
  void addOutput(int tokenId) {
    // First the entry: finding it may replace the array by a larger one.
    int entry = entryOf(tokenId);
    outputCounts[entry]++;
  }

  /** Number of distinct tokens. */
  int count() {
    return count;
  }

  int tokenId(int entry) {
    return tokenIds[entry];
  }

  /** How often the token was generated; 0 if only the prompt has it. */
  int outputCount(int entry) {
    return outputCounts[entry];
  }

  private int entryOf(int tokenId) {
    int place = placeOf(tokenId);
    if (places[place] == 0) {
      if (count == tokenIds.length) {
        grow();
        place = placeOf(tokenId);
      }
      tokenIds[count] = tokenId;
      count++;
      places[place] = count;
    }
    return places[place] - 1;
  }

  private int placeOf(int tokenId) {
    int mask = places.length - 1;
    // Fibonacci hashing: the product's upper bits spread runs of neighbouring ids.
    int place = (tokenId * 0x9E3779B9) >>> Integer.numberOfLeadingZeros(mask);
    while (places[place] != 0 && tokenIds[places[place] - 1] != tokenId) {
      place = (place + 1) & mask;
    }
    return place;
  }

  private void grow() {
    tokenIds = Arrays.copyOf(tokenIds, 2 * count);
    outputCounts = Arrays.copyOf(outputCounts, 2 * count);
    places = new int[4 * count];
    for (int entry = 0; entry < count; entry++) {
      places[placeOf(tokenIds[entry])] = entry + 1;
    }
  }
}
