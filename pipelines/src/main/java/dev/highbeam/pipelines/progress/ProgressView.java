// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.progress;

/**
 * What one progress line says.
 *
 * @param elapsedSeconds since the start of the job
 * @param remainingSeconds estimate, or -1 while there is none
 * @param rowsPerSecond over the last half minute
 * @param outputTokensPerSecond over the last half minute
 * @param sample the job at that moment
 */
record ProgressView(
    double elapsedSeconds,
    double remainingSeconds,
    double rowsPerSecond,
    double outputTokensPerSecond,
    ProgressSample sample) {

  int running() {
    return sample.engine() == null ? 0 : sample.engine().running();
  }

  /** Share of the KV pages in use, 0 to 1. */
  double kvUse() {
    return sample.engine() == null || sample.engine().pageCount() == 0
        ? 0
        : (double) sample.engine().pagesInUse() / sample.engine().pageCount();
  }
}
