// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import java.util.Locale;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What one run of one engine gave.
 *
 * @param prefill prompt tokens per second
 * @param decode new tokens per second, all sequences together
 * @param othersCores processors that other programs used meanwhile, on average; NaN if unknown
 */
public record Measurement(double prefill, double decode, double othersCores) {

  private static final String MARK = "measured";

  /** As a line that {@link #parse} finds among whatever else a process prints. */
  String toLine() {
    return String.format(Locale.ROOT, "%s %.4f %.4f %.3f", MARK, prefill, decode, othersCores);
  }

  /** The measurement of a line, null if the line is another. */
  static @Nullable Measurement parse(String line) {
    String[] words = line.trim().split(" ");
    if (words.length != 4 || !words[0].equals(MARK)) {
      return null;
    }
    return new Measurement(
        Double.parseDouble(words[1]), Double.parseDouble(words[2]), Double.parseDouble(words[3]));
  }

  OptionalDouble others() {
    return Double.isNaN(othersCores) ? OptionalDouble.empty() : OptionalDouble.of(othersCores);
  }
}
