// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * When the tokens of each sequence came, for engines that hand them out one by one to a thread per
 * sequence.
 */
public final class TokenTimes {

  private final long[] first;
  private final long[] last;

  public TokenTimes(int sequences) {
    first = new long[sequences];
    last = new long[sequences];
  }

  /** What one thread does for one sequence; it calls {@link #came} whenever a token comes. */
  @FunctionalInterface
  public interface Sequence {
    void run(int number) throws Exception;
  }

  /** Runs all sequences, each on a thread of its own, and waits for them. */
  public void run(Sequence sequence) throws Exception {
    ExecutorService threads =
        Executors.newFixedThreadPool(first.length, task -> new Thread(task, "benchmark-sequence"));
    try {
      List<Callable<Void>> tasks = new ArrayList<>();
      for (int i = 0; i < first.length; i++) {
        int number = i;
        tasks.add(
            () -> {
              sequence.run(number);
              return null;
            });
      }
      for (Future<Void> done : threads.invokeAll(tasks)) {
        done.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** Says that a token came just now; called by the sequence's own thread. */
  public void came(int sequence) {
    came(sequence, System.nanoTime());
  }

  void came(int sequence, long nanos) {
    first[sequence] = first[sequence] == 0 ? nanos : first[sequence];
    last[sequence] = nanos;
  }

  /**
   * The time from the first token of the sequence that began last to the last token of the one that
   * ended first. Each sequence has had so many tokens, spread evenly between its first and its last
   * one: engines keep back a token whose text ends inside a character, so what came is not counted.
   */
  public DecodeSpan span(int newTokens) {
    long begin = Long.MIN_VALUE;
    long end = Long.MAX_VALUE;
    for (int i = 0; i < first.length; i++) {
      if (first[i] == 0) {
        throw new IllegalStateException("sequence " + i + " had no token");
      }
      begin = Math.max(begin, first[i]);
      end = Math.min(end, last[i]);
    }
    double tokens = 0;
    for (int i = 0; i < first.length; i++) {
      tokens += (newTokens - 1) * (double) (end - begin) / (last[i] - first[i]);
    }
    return new DecodeSpan(tokens, end - begin);
  }
}
