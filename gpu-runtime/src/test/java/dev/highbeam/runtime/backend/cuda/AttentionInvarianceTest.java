// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A row's bits are a function of its position and its sequence alone. */
final class AttentionInvarianceTest {

  private static final int LENGTH = 130;

  @ParameterizedTest
  @ValueSource(ints = {EmulatedGpu.SM_75, EmulatedGpu.SM_80})
  void S2_9_givenPromptInChunksAmongOthers_attention_givesTheBitsOfTheWhole(int device) {
    int[] chunks = {1, 31, 33, 64, 65, 100};
    try (KernelBench bench = new KernelBench(device)) {
      List<AttentionCase> layers = AttentionCases.varied();
      for (int l = 0; l < layers.size(); l++) {
        AttentionCase layer = layers.get(l);
        float[][] whole =
            AttentionLaunches.run(bench, new AttentionStep(layer).prompt(1, 0, LENGTH));
        int chunk = chunks[l % chunks.length];
        // Not all of the smallest chunks, as each is a step.
        for (int begin = 0; begin < LENGTH; begin += chunk == 1 ? 37 : chunk) {
          int count = Math.min(chunk, LENGTH - begin);
          AttentionStep step =
              new AttentionStep(layer)
                  .pageSeed(begin)
                  .prompt(2, 0, 5)
                  .prompt(1, begin, count)
                  .prompt(3, 60, 20)
                  .output(4, 600, 1);
          float[][] rows = AttentionLaunches.run(bench, step);
          for (int i = 0; i < count; i++) {
            AttentionCheck.same(layer, begin + i, rows[5 + i], whole[begin + i]);
          }
        }
      }
    }
  }

  /** The row is last, so that everything else is done before it. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 64})
  void S2_9_givenBatchAndRoomForSplits_attention_givesTheBitsOfTheRowAlone(int batch) {
    int[] positions = {0, 15, 16, 511, 512, 700, 1024};
    try (KernelBench bench = new KernelBench(EmulatedGpu.SM_80)) {
      List<AttentionCase> layers = AttentionCases.varied();
      for (int l = 0; l < layers.size(); l++) {
        AttentionCase layer = layers.get(l);
        int position = positions[(l + batch) % positions.length];
        AttentionStep one = new AttentionStep(layer).maxPartials(0).grid(1).output(1, position, 1);
        float[] alone = AttentionLaunches.run(bench, one)[0];
        for (int room : new int[] {0, 4, 1000}) {
          AttentionStep step =
              new AttentionStep(layer).pageSeed(position).grid(5).maxPartials(room);
          for (int other = 1; other < batch; other++) {
            // One of the others sees three splits.
            step.output(1 + other, other == 1 ? 1030 : other % 40, 1);
          }
          float[][] rows = AttentionLaunches.run(bench, step.output(1, position, 1));
          AttentionCheck.same(layer, position, rows[batch - 1], alone);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {EmulatedGpu.SM_75, EmulatedGpu.SM_90})
  void S2_9_givenOutputTokensRecomputedTogether_attention_givesTheBitsOfOneByOne(int device) {
    try (KernelBench bench = new KernelBench(device)) {
      for (AttentionCase layer : AttentionCases.varied()) {
        AttentionStep step = new AttentionStep(layer).pageSeed(5).prompt(2, 0, 9).output(1, 509, 6);
        float[][] together = AttentionLaunches.run(bench, step);
        for (int i = 0; i < 6; i += 2) {
          AttentionStep one = new AttentionStep(layer).output(1, 509 + i, 1);
          float[] alone = AttentionLaunches.run(bench, one)[0];
          AttentionCheck.same(layer, 509 + i, together[9 + i], alone);
        }
      }
    }
  }

  @Test
  void givenListsForAWiderWindow_attention_givesTheBitsOfItsOwnLists() {
    try (KernelBench bench = new KernelBench(EmulatedGpu.SM_80)) {
      for (AttentionCase types : AttentionCases.TYPES) {
        AttentionCase layer = types.window(40).sinks(true);
        for (int position : new int[] {520, 600, 1100}) {
          AttentionStep narrow = new AttentionStep(layer).output(1, position, 1);
          float[] own = AttentionLaunches.run(bench, narrow)[0];
          AttentionStep wide = new AttentionStep(layer).output(1, position, 1).listsForWindow(0);
          AttentionCheck.same(layer, position, AttentionLaunches.run(bench, wide)[0], own);
          AttentionStep whole = wide.maxPartials(0);
          AttentionCheck.same(layer, position, AttentionLaunches.run(bench, whole)[0], own);
        }
      }
    }
  }

  @Test
  void givenReverseOrderOfThreads_attention_givesTheSameBits() {
    List<float[][]> results = new ArrayList<>();
    for (int device : new int[] {EmulatedGpu.SM_80, EmulatedGpu.REVERSE_SM_80}) {
      try (KernelBench bench = new KernelBench(device)) {
        for (AttentionCase layer : AttentionCases.varied()) {
          AttentionStep step = new AttentionStep(layer).prompt(1, 20, 40).output(2, 600, 1);
          results.add(AttentionLaunches.run(bench, step));
        }
      }
    }
    int half = results.size() / 2;
    for (int i = 0; i < half; i++) {
      assertThat(results.get(i)).isDeepEqualTo(results.get(half + i));
    }
  }
}
