// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.roofline;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Reads memory from its beginning to its end, as a step that decodes reads its weights. Each thread
 * has an array of its own, which is too large for every cache. Loads of eight bytes suffice: eight
 * of them fetch a line in a third of the time in which memory gives it to one core (vector loads
 * measured the same).
 */
final class StreamRead {

  private final long[][] arrays;

  /**
   * @param bytes read by each thread, a multiple of 64
   */
  StreamRead(int threads, long bytes) {
    arrays = new long[threads][Math.toIntExact(bytes / Long.BYTES)];
    for (long[] array : arrays) {
      for (int i = 0; i < array.length; i++) {
        array[i] = i; // Memory that was never written is one page of zeros.
      }
    }
  }

  /** Bytes per second of all threads together, once for each pass over the memory. */
  List<Double> passes(int count) throws InterruptedException {
    ExecutorService threads =
        Executors.newFixedThreadPool(arrays.length, task -> new Thread(task, "roofline"));
    try {
      CyclicBarrier together = new CyclicBarrier(arrays.length);
      List<Double> rates = new ArrayList<>();
      for (int pass = 0; pass < count; pass++) {
        rates.add(pass(threads, together));
      }
      return rates;
    } finally {
      threads.shutdownNow();
    }
  }

  private record Reading(long begin, long end, long sum) {}

  private double pass(ExecutorService threads, CyclicBarrier together) throws InterruptedException {
    List<Future<Reading>> readings = new ArrayList<>();
    for (long[] array : arrays) {
      readings.add(threads.submit(() -> read(array, together)));
    }
    long begin = Long.MAX_VALUE;
    long end = Long.MIN_VALUE;
    for (int i = 0; i < arrays.length; i++) {
      Reading reading = finished(readings.get(i));
      long last = arrays[i].length - 1L;
      if (reading.sum() != last * (last + 1) / 2) {
        throw new IllegalStateException("memory was not read whole");
      }
      begin = Math.min(begin, reading.begin());
      end = Math.max(end, reading.end());
    }
    return (double) arrays.length * arrays[0].length * Long.BYTES / (end - begin) * 1e9;
  }

  private static Reading finished(Future<Reading> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private static Reading read(long[] array, CyclicBarrier together)
      throws InterruptedException, BrokenBarrierException {
    together.await();
    long begin = System.nanoTime();
    long sum = sum(array);
    return new Reading(begin, System.nanoTime(), sum);
  }

  /** Four sums, so that no addition waits for the one before. */
  static long sum(long[] array) {
    long first = 0;
    long second = 0;
    long third = 0;
    long fourth = 0;
    int whole = array.length & -8;
    for (int i = 0; i < whole; i += 8) {
      first += array[i] + array[i + 1];
      second += array[i + 2] + array[i + 3];
      third += array[i + 4] + array[i + 5];
      fourth += array[i + 6] + array[i + 7];
    }
    for (int i = whole; i < array.length; i++) {
      first += array[i];
    }
    return first + second + third + fourth;
  }
}
