// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.roofline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class StreamReadTest {

  @Test
  void givenAnyLength_sum_ofAllValues() {
    for (int length : new int[] {0, 1, 7, 8, 9, 31, 32, 33, 1000}) {
      long[] values = LongStream.range(3, 3 + length).toArray();

      assertThat(StreamRead.sum(values)).isEqualTo(LongStream.of(values).sum());
    }
  }

  @Test
  void givenTwoThreads_passes_aRateForEach() throws InterruptedException {
    assertThat(new StreamRead(2, 1 << 20).passes(3)).hasSize(3).allMatch(rate -> rate > 0);
  }

  @Test
  void givenRates_line_theBestAndTheOthers() {
    assertThat(Roofline.line(2, List.of(3e9, 1e9, 2e9)))
        .isEqualTo("memory read, 2 threads: 3.0 GB/s (median 2.0, least 1.0)");
  }
}
