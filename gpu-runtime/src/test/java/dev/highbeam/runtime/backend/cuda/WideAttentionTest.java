// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static dev.highbeam.runtime.backend.cuda.AttentionCheck.same;

import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Promise P3 where a few tokens see thousands of keys, so that one sequence's work is shared out to
 * many thread blocks: its bits stay those of the sequence alone.
 */
final class WideAttentionTest {

  /** In the fifth split of 512. */
  private static final int POSITION = 2300;

  private static final int FIRST = 2040;
  private static final int ROWS = 40;

  // By place in the types.
  private static AttentionCase layer(int types, int window) {
    int headDim = new int[] {64, 32, 128, 80, 64, 96}[types];
    AttentionCase layer = AttentionCases.TYPES.get(types).headDim(headDim).window(window);
    return types % 2 == 0 ? layer.heads(3, 1) : layer.heads(2, 2).pages(32, true).sinks(true);
  }

  @ParameterizedTest
  @CsvSource({EmulatedGpu.SM_80 + ",1500", EmulatedGpu.SM_90 + ",0"})
  void P3_givenOutputRowInAnyBatchWithAnyRoom_attention_givesTheSameBits(int device, int window) {
    try (KernelBench bench = new KernelBench(device)) {
      for (int types = 0; types < AttentionCases.TYPES.size(); types++) {
        AttentionCase layer = layer(types, window);
        AttentionStep one = new AttentionStep(layer).maxPartials(0).grid(1).output(1, POSITION, 1);
        float[] alone = AttentionLaunches.run(bench, one)[0];
        // Room for none of the rows, for one of them, for all.
        for (int room : new int[] {0, 5, 1000}) {
          AttentionStep step =
              new AttentionStep(layer)
                  .pageSeed(room)
                  .grid(7)
                  .maxPartials(room)
                  .prompt(4, 0, 3)
                  .output(2, 2100, 1)
                  .output(1, POSITION - 1, 2)
                  .output(3, 17, 1);
          same(layer, POSITION, AttentionLaunches.run(bench, step)[5], alone);
        }
        AttentionStep apart = new AttentionStep(layer).grid(64).output(1, POSITION, 1);
        same(layer, POSITION, AttentionLaunches.run(bench, apart)[0], alone);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({EmulatedGpu.SM_80 + ",1500", EmulatedGpu.SM_90 + ",0"})
  void P3_givenPromptRowsInChunksAmongOthers_attention_givesTheSameBits(int device, int window) {
    try (KernelBench bench = new KernelBench(device)) {
      for (int types = 0; types < AttentionCases.TYPES.size(); types++) {
        AttentionCase layer = layer(types, window);
        AttentionStep all = new AttentionStep(layer).prompt(1, FIRST, ROWS);
        float[][] whole = AttentionLaunches.run(bench, all);
        int[] chunks = {1, 22, 17};
        for (int c = 0, begin = 0; c < chunks.length; begin += chunks[c++]) {
          AttentionStep step =
              new AttentionStep(layer)
                  .pageSeed(c)
                  .prompt(2, 0, 5)
                  .prompt(1, FIRST + begin, chunks[c])
                  .output(3, 40, 1);
          float[][] rows = AttentionLaunches.run(bench, step);
          for (int i = 0; i < chunks[c]; i++) {
            same(layer, FIRST + begin + i, rows[5 + i], whole[begin + i]);
          }
        }
      }
    }
  }
}
