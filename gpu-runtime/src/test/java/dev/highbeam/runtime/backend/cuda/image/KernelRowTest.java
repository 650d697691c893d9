// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class KernelRowTest {

  private static final KernelRow ROW =
      new KernelRow(TargetArch.parse("sm_80"), "rms_norm", 32, 1024, 256, 0, 0, 0);

  @Test
  void givenALaunchWithinTheManifest_checkLaunch_passes() {
    assertThatCode(() -> ROW.checkLaunch(256, 47 << 10, 48 << 10)).doesNotThrowAnyException();
    assertThatCode(() -> ROW.checkLaunch(1, 0, 1024)).doesNotThrowAnyException();
  }

  @Test
  void givenABlockBeyondTheManifest_checkLaunch_refusesByName() {
    for (int threads : new int[] {257, 0, -1}) {
      assertThatThrownBy(() -> ROW.checkLaunch(threads, 0, 48 << 10))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("rms_norm (sm_80) takes blocks of 1 to 256 threads, was " + threads);
    }
  }

  @Test
  void givenTooMuchSharedMemory_checkLaunch_refusesByName() {
    assertThatThrownBy(() -> ROW.checkLaunch(256, (47 << 10) + 1, 48 << 10))
        .hasMessage(
            "rms_norm (sm_80) was to have 1024 + 48129 bytes of shared memory, the device allows"
                + " 49152");
    assertThatThrownBy(() -> ROW.checkLaunch(256, Integer.MAX_VALUE, 48 << 10))
        .hasMessageContaining("2147483647");
    assertThatThrownBy(() -> ROW.checkLaunch(256, -1, 48 << 10)).hasMessageContaining("-1");
  }
}
