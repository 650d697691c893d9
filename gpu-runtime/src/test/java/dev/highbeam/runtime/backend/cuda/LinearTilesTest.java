// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.cuda.image.Capability;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinearTilesTest {

  private static final Capability TURING = new Capability(7, 5);
  private static final Capability AMPERE = new Capability(8, 0);
  private static final Capability HOPPER = new Capability(9, 0);
  private static final int H200_MULTIPROCESSORS = 132;

  @ParameterizedTest
  @CsvSource({
    // rows, columns, tokens, kernel, split, blocks
    "4096,4096,1,linear_wgmma_bf16_n8,1,256",
    "4096,4096,9,linear_wgmma_bf16_n16,1,256",
    "4096,4096,32,linear_wgmma_bf16_n32,1,256",
    "4096,4096,64,linear_wgmma_bf16_n64,1,128",
    "4096,4096,128,linear_wgmma_bf16_n128,1,128",
    // 2 token tiles, 32 row tiles, 4 segments on 132 / 2 places each.
    "4096,4096,256,linear_wgmma_bf16_n128,1,132",
    // One segment: 448 row tiles on 3 * 132 places.
    "28672,4096,1,linear_wgmma_bf16_n8,0,396",
    // 4 token tiles on 33 places each.
    "28672,4096,1024,linear_wgmma_bf16_n256,0,132",
    // 32 token tiles, 132 / 32 places each.
    "28672,4096,8192,linear_wgmma_bf16_n256,0,128",
    // Several segments in one block need registers for a total: 43 token tiles of 192.
    "4096,14336,8192,linear_wgmma_bf16_n192,0,129"
  })
  void givenHopper_choose_takes(
      int rows, int width, int tokens, String kernel, int split, int blocks) {
    LinearFamily family = LinearFamily.of(LinearKernel.WGMMA, DType.BF16, rows, width);
    LinearTiles tiles = LinearTiles.choose(family, tokens, HOPPER, H200_MULTIPROCESSORS);
    assertThat(tiles.kernel()).isEqualTo(kernel);
    assertThat(tiles.splitBlocks()).isEqualTo(split);
    assertThat(tiles.gridX() * tiles.gridY()).isEqualTo(blocks);
    assertThat(tiles.gridZ()).isEqualTo(1);
  }

  @Test
  void givenSplit_choose_asksForWorkspace() {
    LinearFamily family = LinearFamily.of(LinearKernel.MMA, DType.F16, 4096, 4096);
    LinearTiles tiles = LinearTiles.choose(family, 3, AMPERE, 108);
    assertThat(tiles.kernel()).isEqualTo("linear_mma_f16_n8");
    assertThat(List.of(tiles.gridX(), tiles.gridY(), tiles.gridZ())).isEqualTo(List.of(64, 1, 4));
    // 64 row tiles in 4 segments of 64 x 8 sums of 4 bytes.
    assertThat(tiles.partialBytes()).isEqualTo(64L * 4 * 64 * 8 * 4);
    assertThat(tiles.counterCount()).isEqualTo(64);
  }

  @Test
  void givenOneSegment_choose_asksForNoWorkspace() {
    LinearFamily family = LinearFamily.of(LinearKernel.SIMT, DType.F32, 100, 4096);
    LinearTiles tiles = LinearTiles.choose(family, 100, TURING, 40);
    assertThat(tiles)
        .isEqualTo(
            new LinearTiles(
                "linear_simt_f32", new LinearShape(32, 64, 128, 0, 4), 2, 4, 1, 0, 0, 0));
  }

  @Property(seed = "2611")
  void givenAnySizes_choose_coversThemWithinTheDevice(
      @ForAll @IntRange(min = 1, max = 130_000) int rows,
      @ForAll @IntRange(min = 1, max = 20_000) int width,
      @ForAll @IntRange(min = 1, max = 16_384) int someTokens,
      @ForAll boolean isBlock) {
    int tokens = isBlock ? 1024 : someTokens;
    for (LinearKernel kernel : LinearKernel.values()) {
      for (Capability device : List.of(TURING, AMPERE, HOPPER)) {
        LinearFamily family = LinearFamily.of(kernel, DType.F16, rows, width);
        LinearTiles tiles = LinearTiles.choose(family, tokens, device, H200_MULTIPROCESSORS);
        LinearShape shape = tiles.shape();
        assertThat(shape.sharedBytes()).isLessThanOrEqualTo(sharedLimit(kernel, device));
        // What the wgmma kernels trap on.
        if (family.segmentCount() > 1) {
          assertThat(shape.tokenTile()).isLessThanOrEqualTo(tiles.splitBlocks() == 1 ? 128 : 192);
        }
        assertThat(tiles.gridY()).isEqualTo((tokens - 1) / shape.tokenTile() + 1);
        if (tokens == 1024) {
          assertThat(tiles.gridY() * shape.tokenTile()).isEqualTo(1024);
        }
        if (kernel != LinearKernel.WGMMA) {
          assertThat((long) tiles.gridX() * shape.rowTile()).isGreaterThanOrEqualTo(rows);
          assertThat(tiles.gridZ()).isEqualTo(tiles.splitBlocks() == 1 ? family.segmentCount() : 1);
        }
        assertThat(tiles.partialBytes() > 0).isEqualTo(tiles.splitBlocks() == 1);
      }
    }
  }

  /** The least that devices of a kernel let a block have: 64, 99 (8.6, 8.9, 12.0) or 227 KiB. */
  private static int sharedLimit(LinearKernel kernel, Capability device) {
    if (kernel == LinearKernel.WGMMA) {
      return 227 * 1024;
    }
    return (device.equals(TURING) ? 64 : 99) * 1024;
  }

  @Test
  void givenNoTokens_choose_refuses() {
    LinearFamily family = LinearFamily.of(LinearKernel.MMA, DType.BF16, 64, 64);
    assertThatThrownBy(() -> LinearTiles.choose(family, 0, AMPERE, 108))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("tokens");
  }
}
