// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

/**
 * A time in which all sequences of a batch were decoding; empty or negative if there was none.
 *
 * @param tokens generated in it by all sequences together; not whole where it was interpolated
 * @param nanos its length
 */
public record DecodeSpan(double tokens, long nanos) {

  /**
   * Tokens per second of all sequences together.
   *
   * @throws IllegalStateException if there was no such time
   */
  double tokensPerSecond() {
    if (!(tokens > 0) || nanos <= 0) {
      throw new IllegalStateException(
          "at no time did all sequences decode, and nothing else happen: one ended before another"
              + " one's prompt was computed");
    }
    return tokens / nanos * 1e9;
  }
}
