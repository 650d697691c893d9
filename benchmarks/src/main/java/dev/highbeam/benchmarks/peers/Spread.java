// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import java.util.List;

/** The middle and the ends of what several rounds gave. */
record Spread(double min, double median, double max) {

  /**
   * Of at least one value; of an even number of values the median lies between the middle two.
   *
   * @throws IllegalArgumentException if there is none
   */
  static Spread of(List<Double> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("no value has a spread");
    }
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(sorted[0], median, sorted[sorted.length - 1]);
  }
}
