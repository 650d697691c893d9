// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The linear kernels in every compiled size, against f64 and against each other, bit for bit. */
class LinearKernelsTest {

  private static final int MULTIPROCESSORS = 132;

  /** Tokens, columns, rows: everything that is not a multiple of a tile, and little that is. */
  private static final int[][] SIZES = {
    {1, 1, 1},
    {1, 2, 3},
    {2, 3, 7},
    {3, 7, 31},
    {7, 31, 32},
    {31, 32, 33},
    {32, 33, 127},
    {33, 127, 128},
    {127, 128, 129},
    {128, 129, 33},
    {129, 64, 2},
    {1, 1000, 1000},
    {2, 1100, 7},
    {300, 64, 40},
    {5, 256, 96}
  };

  static Stream<Arguments> kernels() {
    return Stream.of(
        Arguments.of(EmulatedGpu.SM_75, LinearKernel.SIMT, DType.F32),
        Arguments.of(EmulatedGpu.SM_75, LinearKernel.SIMT, DType.BF16),
        Arguments.of(EmulatedGpu.SM_75, LinearKernel.MMA, DType.F16),
        Arguments.of(EmulatedGpu.SM_80, LinearKernel.SIMT, DType.F16),
        Arguments.of(EmulatedGpu.SM_80, LinearKernel.MMA, DType.BF16),
        Arguments.of(EmulatedGpu.SM_80, LinearKernel.MMA, DType.F16),
        Arguments.of(EmulatedGpu.REVERSE_SM_80, LinearKernel.MMA, DType.BF16),
        Arguments.of(EmulatedGpu.SM_90, LinearKernel.WGMMA, DType.BF16),
        Arguments.of(EmulatedGpu.SM_90, LinearKernel.WGMMA, DType.F16));
  }

  static Stream<Arguments> checkedKernels() {
    return Stream.of(
        Arguments.of(EmulatedGpu.CHECKED_SM_80, LinearKernel.SIMT, DType.F32),
        Arguments.of(EmulatedGpu.CHECKED_SM_80, LinearKernel.MMA, DType.BF16),
        Arguments.of(EmulatedGpu.CHECKED_SM_90, LinearKernel.WGMMA, DType.BF16));
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void givenAwkwardSizes_everyLaunch_givesTheSumsWithTheSameBits(
      int device, LinearKernel kernel, DType type) {
    for (int i = 0; i < SIZES.length; i++) {
      // Epilogues in turn, beginning with another one for each type.
      Epilogue epilogue = Epilogue.values()[(i + type.ordinal()) % 4];
      compareLaunches(device, kernel, type, type, SIZES[i], epilogue);
    }
  }

  @ParameterizedTest
  @MethodSource("checkedKernels")
  void givenCheckedDevice_everyLaunch_touchesOnlyItsOwn(
      int device, LinearKernel kernel, DType type) {
    for (int i : new int[] {0, 5, 8, 9, 12, 14}) {
      compareLaunches(device, kernel, type, type, SIZES[i], Epilogue.values()[i % 4]);
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void givenRowsAloneOrAmongOthers_everyLaunch_givesThemTheSameBits(
      int device, LinearKernel kernel, DType type) {
    // 1090 columns in two segments of 576, the last tile partly pad.
    compareCounts(device, kernel, type, 72, 1090, new int[] {1, 2, 8, 9, 15, 17, 33, 48, 65, 128});
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void givenFewerTokensThanCovered_everyLaunch_leavesTheOtherRowsAlone(
      int device, LinearKernel kernel, DType type) {
    try (KernelBench bench = new KernelBench(device)) {
      LinearCase linear = new LinearCase(bench, kernel, type, type, Epilogue.STORE, 200, 1090, 70);
      for (LinearTiles launch : linear.launches(70, 1)) {
        float[] all = linear.run(launch, 0, 70);
        for (int count : new int[] {0, 1, 9}) {
          assertThat(linear.run(launch, 0, count, 70))
              .as("%s, %s of 70 tokens", launch, count)
              .isEqualTo(Arrays.copyOf(all, count * 200));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void givenMoreTokensThanCovered_everyLaunch_leavesTheOthersToTheNext(
      int device, LinearKernel kernel, DType type) {
    int count = 70;
    try (KernelBench bench = new KernelBench(device)) {
      LinearCase linear =
          new LinearCase(bench, kernel, type, type, Epilogue.STORE, 200, 1090, count);
      float[] all = linear.run(linear.launches(count, MULTIPROCESSORS).get(0), 0, count);
      for (LinearTiles launch : linear.launches(1, 2)) {
        int own = launch.shape().tokenTile();
        if (own < count) {
          assertThat(linear.runFewer(launch, own, count))
              .as("%s, %s of %s tokens", launch, own, count)
              .isEqualTo(Arrays.copyOf(all, own * 200));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void givenLaunchThatIsChosen_run_givesTheSums(int device, LinearKernel kernel, DType type) {
    for (int tokens : new int[] {1, 20, 150}) {
      try (KernelBench bench = new KernelBench(device)) {
        LinearCase linear =
            new LinearCase(bench, kernel, type, type, Epilogue.STORE, 65, 1600, tokens);
        LinearTiles chosen =
            LinearTiles.choose(linear.family, tokens, bench.capability(), MULTIPROCESSORS);
        linear.check(linear.run(chosen, 0, tokens), chosen.toString());
      }
    }
  }

  static List<Arguments> mixedTypes() {
    return List.of(
        Arguments.of(DType.BF16, DType.F32),
        Arguments.of(DType.F16, DType.BF16),
        Arguments.of(DType.F32, DType.F16));
  }

  @ParameterizedTest
  @MethodSource("mixedTypes")
  void givenInputOfAnotherType_plainKernels_readIt(DType weights, DType input) {
    for (int[] size : new int[][] {{3, 129, 40}, {40, 70, 70}}) {
      compareLaunches(
          EmulatedGpu.SM_75, LinearKernel.SIMT, weights, input, size, Epilogue.GATED_SILU);
    }
  }

  private static void compareLaunches(
      int device, LinearKernel kernel, DType weights, DType input, int[] size, Epilogue epilogue) {
    int tokens = size[0];
    int rows = epilogue.isGated() ? 2 * size[2] : size[2];
    try (KernelBench bench = new KernelBench(device)) {
      LinearCase linear =
          new LinearCase(bench, kernel, weights, input, epilogue, rows, size[1], tokens);
      float[] first = null;
      for (LinearTiles launch : linear.launches(tokens, MULTIPROCESSORS)) {
        float[] values = linear.run(launch, 0, tokens);
        String what = Arrays.toString(size) + " " + epilogue + " " + launch;
        if (first == null) {
          first = values;
          linear.check(values, what);
        }
        assertThat(Arrays.equals(values, first)).as(what).isTrue();
      }
    }
  }

  /** Every launch over some of the tokens gives the bits of one launch over all. */
  private static void compareCounts(
      int device, LinearKernel kernel, DType type, int rows, int width, int[] counts) {
    int tokens = 128;
    try (KernelBench bench = new KernelBench(device)) {
      LinearCase linear =
          new LinearCase(bench, kernel, type, type, Epilogue.STORE, rows, width, tokens);
      List<LinearTiles> launches = linear.launches(tokens, MULTIPROCESSORS);
      float[] all = linear.run(launches.get(0), 0, tokens);
      linear.check(all, launches.get(0).toString());
      for (int count : counts) {
        int first = count * 7 % (tokens - count + 1);
        float[] expected = Arrays.copyOfRange(all, first * rows, (first + count) * rows);
        // Few multiprocessors: a block does several items, one after the other.
        for (LinearTiles launch : linear.launches(count, count % 3 == 0 ? 1 : MULTIPROCESSORS)) {
          // Tiles of which most would stay empty are as good as those half as wide.
          if (launch.shape().tokenTile() <= 4 * count || count % 16 == 1) {
            assertThat(Arrays.equals(linear.run(launch, first, count), expected))
                .as("%s tokens, %s", count, launch)
                .isTrue();
          }
        }
      }
    }
  }
}
