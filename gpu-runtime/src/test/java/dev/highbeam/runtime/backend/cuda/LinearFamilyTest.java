// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.cuda.image.Capability;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinearFamilyTest {

  @ParameterizedTest
  @CsvSource({
    // 4096 rows are 64 tiles: 256 / 64 = 4 segments.
    "4096,4096,1024,4",
    "4096,14336,3584,4",
    "6144,4096,2048,2",
    "28672,4096,4096,1",
    "128256,4096,4096,1",
    // At most 8 segments, and at least 512 columns in each: 1000 / 512 = 1.
    "64,8192,1024,8",
    "64,1000,1024,1",
    "64,1030,576,2",
    // 2100 / 4 = 525, in whole tiles 576; 4 of them, the last of 384 = 2112 - 3 * 576.
    "1,2100,576,4",
    // 4100 in 8 parts are 513 each, 576 in whole tiles: 4160 / 576 = 7.2.
    "1,4100,576,8",
    "1,1,64,1"
  })
  void givenSizes_of_cutsIntoWholeTiles(int rows, int width, int length, int count) {
    LinearFamily family = LinearFamily.of(LinearKernel.MMA, DType.BF16, rows, width);
    assertThat(family.segmentLength()).isEqualTo(length);
    assertThat(family.segmentCount()).isEqualTo(count);
  }

  @Property(seed = "2611")
  void givenAnySizes_of_coversAllColumnsOnce(
      @ForAll @IntRange(min = 1, max = 200_000) int rows,
      @ForAll @IntRange(min = 1, max = 40_000) int width) {
    for (LinearKernel kernel : LinearKernel.values()) {
      LinearFamily family = LinearFamily.of(kernel, DType.F16, rows, width);
      assertThat(family.paddedK()).isBetween(width, width + 63);
      assertThat(family.paddedK() % 64).isZero();
      assertThat(family.segmentLength() % 64).isZero();
      assertThat((long) family.segmentLength() * family.segmentCount())
          .isGreaterThanOrEqualTo(family.paddedK());
      // No segment is empty.
      assertThat((long) family.segmentLength() * (family.segmentCount() - 1))
          .isLessThan(family.paddedK());
    }
  }

  @Test
  void givenF32_of_isOneChainOverTilesOf32() {
    LinearFamily family = LinearFamily.of(LinearKernel.SIMT, DType.F32, 64, 4097);
    assertThat(family.paddedK()).isEqualTo(4128);
    assertThat(family.segmentLength()).isEqualTo(4128);
    assertThat(family.segmentCount()).isEqualTo(1);
  }

  @Test
  void givenNoRows_of_refuses() {
    assertThatThrownBy(() -> LinearFamily.of(LinearKernel.MMA, DType.BF16, 0, 64))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("rows");
    assertThatThrownBy(() -> LinearFamily.of(LinearKernel.MMA, DType.BF16, 64, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("input width");
  }

  @ParameterizedTest
  @CsvSource({
    "7.5,BF16,SIMT",
    "7.5,F16,MMA",
    "8.0,BF16,MMA",
    "8.9,F16,MMA",
    "9.0,BF16,WGMMA",
    "9.0,F16,WGMMA",
    "10.0,BF16,MMA",
    "12.0,F16,MMA",
    "9.0,F32,SIMT"
  })
  void givenDevice_of_takesItsFastestKernel(String device, DType type, LinearKernel kernel) {
    assertThat(LinearKernel.of(Capability.parse(device), type, type)).isEqualTo(kernel);
  }

  @Test
  void givenInputOfAnotherType_of_takesTheKernelForAnyInput() {
    Capability hopper = new Capability(9, 0);
    assertThat(LinearKernel.of(hopper, DType.BF16, DType.F32)).isEqualTo(LinearKernel.SIMT);
    assertThat(LinearKernel.of(hopper, DType.F16, DType.BF16)).isEqualTo(LinearKernel.SIMT);
  }
}
