// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class MemoryUseTest {

  @Test
  void givenKernelsStatus_readsTheHighWaterMark() {
    assertThat(MemoryUse.parsePeakRss(List.of("VmRSS:\t 5 kB", "VmHWM:\t  12345 kB")))
        .isEqualTo(12345L * 1024);
    assertThat(MemoryUse.parsePeakRss(List.of("Name: java"))).isEqualTo(-1);
  }

  @Test
  void givenThisProcess_usesSomeHeapAndNotMoreThanItMay() {
    MemoryUse use = MemoryUse.now();
    assertThat(use.peakHeapBytes()).isPositive();
    assertThat(use.maxHeapBytes()).isPositive();
  }
}
