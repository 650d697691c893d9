// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A row's bits are a function of its position and its sequence alone. */
final class AttentionInvarianceTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 17, 31, 33, 63, 64, 65, 100})
  void givenPromptInChunksAmongOthers_attention_givesTheBitsOfTheWhole(int chunk) {
    int length = 150;
    for (int device : devices()) {
      try (KernelBench bench = new KernelBench(device)) {
        for (AttentionCase layer : layers()) {
          float[][] whole = run(bench, new AttentionStep(layer).prompt(1, 0, length));
          // Not all of the smallest chunks, as each is a step.
          for (int begin = 0; begin < length; begin += chunk * (chunk < 17 ? 11 : 1)) {
            int count = Math.min(chunk, length - begin);
            float[][] rows =
                run(
                    bench,
                    new AttentionStep(layer)
                        .pageSeed(begin)
                        .prompt(2, 0, 5)
                        .prompt(1, begin, count)
                        .prompt(3, 60, 70)
                        .output(4, 600, 1));
            for (int i = 0; i < count; i++) {
              same(layer, begin + i, rows[5 + i], whole[begin + i]);
            }
          }
        }
      }
    }
  }

  @Test
  void givenOutputTokensTogetherAndApart_attention_givesTheSameBits() {
    for (int device : devices()) {
      try (KernelBench bench = new KernelBench(device)) {
        for (AttentionCase layer : layers()) {
          for (int position : new int[] {0, 15, 16, 200, 511, 512, 700, 1023, 1024, 1300}) {
            float[] alone =
                run(bench, new AttentionStep(layer).maxPartials(0).grid(1).output(1, position, 1))[
                    0];
            int begin = Math.max(0, position - 2);
            AttentionStep step =
                new AttentionStep(layer)
                    .pageSeed(position)
                    .grid(5)
                    .prompt(2, 0, 9)
                    .output(3, 1030, 2)
                    .output(1, begin, position + 1 - begin)
                    .output(4, 5, 1);
            same(layer, position, run(bench, step)[11 + position - begin], alone);
            // Room for some of the rows only.
            same(layer, position, run(bench, step.maxPartials(4))[11 + position - begin], alone);
          }
        }
      }
    }
  }

  @Test
  void givenListsForAWiderWindow_attention_givesTheBitsOfItsOwnLists() {
    try (KernelBench bench = new KernelBench(EmulatedGpu.SM_80)) {
      for (AttentionCase types : AttentionKernelsTest.TYPES) {
        AttentionCase layer = types.window(40).sinks(true);
        for (int position : new int[] {520, 600, 1100}) {
          float[] own = run(bench, new AttentionStep(layer).output(1, position, 1))[0];
          AttentionStep wide = new AttentionStep(layer).output(1, position, 1).listsForWindow(0);
          same(layer, position, run(bench, wide)[0], own);
          same(layer, position, run(bench, wide.maxPartials(0))[0], own);
        }
      }
    }
  }

  @Test
  void givenReverseOrderOfThreads_attention_givesTheSameBits() {
    List<float[][]> results = new ArrayList<>();
    for (int device : new int[] {EmulatedGpu.SM_80, EmulatedGpu.REVERSE_SM_80}) {
      try (KernelBench bench = new KernelBench(device)) {
        for (AttentionCase layer : layers()) {
          results.add(run(bench, new AttentionStep(layer).prompt(1, 20, 80).output(2, 700, 2)));
        }
      }
    }
    int half = results.size() / 2;
    assertThat(results.subList(0, half))
        .usingRecursiveComparison()
        .isEqualTo(results.subList(half, 2 * half));
  }

  private static int[] devices() {
    return new int[] {EmulatedGpu.SM_75, EmulatedGpu.SM_80};
  }

  /** Each type in an own shape. */
  private static List<AttentionCase> layers() {
    List<AttentionCase> layers = new ArrayList<>();
    int[] headDims = {16, 32, 64, 128, 80, 256};
    for (int i = 0; i < headDims.length; i++) {
      AttentionCase layer = AttentionKernelsTest.TYPES.get(i).headDim(headDims[i]).scales(0.5f, 2);
      layers.add(layer.heads(3, 1));
      layers.add(layer.heads(2, 2).window(100).sinks(true).pages(4, true));
    }
    return layers;
  }

  private static float[][] run(KernelBench bench, AttentionStep step) {
    return AttentionLaunches.run(bench, step);
  }

  private static void same(AttentionCase layer, int position, float[] actual, float[] expected) {
    for (int i = 0; i < expected.length; i++) {
      if (Float.floatToRawIntBits(actual[i]) != Float.floatToRawIntBits(expected[i])
          || Float.isNaN(actual[i])) {
        fail(
            "%s, position %s, element %s: %s instead of %s",
            layer, position, i, actual[i], expected[i]);
      }
    }
  }
}
