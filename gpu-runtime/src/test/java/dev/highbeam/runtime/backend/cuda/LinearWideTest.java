// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Linears so wide that k is cut into eight segments: a token's bits are those it has alone. */
class LinearWideTest {

  private static final int MULTIPROCESSORS = 132;
  private static final int TOKENS = 64;
  private static final int ROWS = 24;

  /** 64 whole k tiles and one of 40 columns and pad. */
  private static final int WIDTH = 4136;

  static Stream<Arguments> kernels() {
    return Stream.of(
        Arguments.of(EmulatedGpu.SM_80, LinearKernel.MMA, DType.BF16),
        Arguments.of(EmulatedGpu.SM_80, LinearKernel.MMA, DType.F16),
        Arguments.of(EmulatedGpu.SM_90, LinearKernel.WGMMA, DType.BF16),
        Arguments.of(EmulatedGpu.SM_90, LinearKernel.WGMMA, DType.F16));
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void givenWideRowsAmongOthers_everyLaunch_givesThemTheBitsTheyHaveAlone(
      int device, LinearKernel kernel, DType type) {
    try (KernelBench bench = new KernelBench(device)) {
      LinearCase linear =
          new LinearCase(bench, kernel, type, type, Epilogue.STORE, ROWS, WIDTH, TOKENS);
      assertThat(linear.family.segmentCount()).isGreaterThanOrEqualTo(7);
      float[] alone = rowByRow(linear);
      linear.check(alone, "row by row");
      // All up to 33, then round the sizes of tiles.
      int[] counts = {36, 47, 48, 49, 63, 64};
      IntStream.concat(IntStream.rangeClosed(1, 33), Arrays.stream(counts))
          .forEach(count -> compare(linear, alone, count));
    }
  }

  /** Each token in a launch of its own, as a step of one token chooses it. */
  private static float[] rowByRow(LinearCase linear) {
    LinearTiles one =
        LinearTiles.choose(linear.family, 1, linear.bench.capability(), MULTIPROCESSORS);
    assertThat(one.splitBlocks()).isEqualTo(1);
    float[] alone = new float[TOKENS * ROWS];
    for (int token = 0; token < TOKENS; token++) {
      System.arraycopy(linear.run(one, token, 1), 0, alone, token * ROWS, ROWS);
    }
    return alone;
  }

  /** Segments in blocks of their own and in one block; the fitting tile, for some counts all. */
  private static void compare(LinearCase linear, float[] alone, int count) {
    int first = count * 7 % (TOKENS - count + 1);
    float[] expected = Arrays.copyOfRange(alone, first * ROWS, (first + count) * ROWS);
    List<LinearTiles> launches = linear.launches(count, MULTIPROCESSORS);
    int fitting =
        launches.stream()
            .mapToInt(launch -> launch.shape().tokenTile())
            .filter(tile -> tile >= count)
            .min()
            .orElseThrow();
    for (LinearTiles launch : launches) {
      if (launch.shape().tokenTile() == fitting || count == 3 || count == TOKENS) {
        assertThat(Arrays.equals(linear.run(launch, first, count), expected))
            .as("%s tokens, %s", count, launch)
            .isTrue();
      }
    }
  }
}
