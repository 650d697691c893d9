// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.Dim3;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Slots taken over from the batch arena. */
final class AssignSlotsKernelTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void givenAssignments_assignSlots_fillsSlotsListsAndLastTokens(int blocks) {
    int listWords = 128 + 2 * 1024;
    int[] arena = new int[600];
    arena[8] = 3;
    arena[9] = 40;
    int at = 40;
    // Slots 2, 0, 3 with 2, 0, 128 end tokens and 1, 3, 0 biases.
    int[][] sizes = {{2, 2, 1}, {0, 0, 3}, {3, 128, 0}};
    int[] slots = filledInts(4 * 16);
    int[] lists = filledInts(4 * listWords);
    int[] last = filledInts(4);
    for (int[] size : sizes) {
      int slot = size[0];
      int words = 3 + 16 + size[1] + 2 * size[2];
      arena[at] = slot;
      arena[at + 1] = last[slot] = 1000 + slot;
      arena[at + 2] = words;
      for (int i = 0; i < 16; i++) {
        arena[at + 3 + i] = slots[slot * 16 + i] = 100 * slot + i;
      }
      arena[at + 3 + 12] = slots[slot * 16 + 12] = size[1];
      arena[at + 3 + 13] = slots[slot * 16 + 13] = size[2];
      for (int i = 0; i < size[1]; i++) {
        arena[at + 19 + i] = lists[slot * listWords + i] = 5000 + i;
      }
      for (int i = 0; i < size[2]; i++) {
        int from = at + 19 + size[1] + i;
        arena[from] = lists[slot * listWords + 128 + i] = 6000 + i;
        arena[from + size[2]] = lists[slot * listWords + 128 + 1024 + i] = 7000 + i;
      }
      at += words;
    }
    try (KernelBench bench = new KernelBench(EmulatedGpu.CHECKED_SM_80)) {
      DeviceMemory words = bench.ints(arena);
      DeviceMemory deviceSlots = bench.ints(filledInts(slots.length));
      DeviceMemory deviceLists = bench.ints(filledInts(lists.length));
      DeviceMemory deviceLast = bench.ints(filledInts(last.length));
      bench.run(
          "assign_slots",
          Dim3.of(blocks),
          128,
          a ->
              a.pointer("arena", words)
                  .pointer("slots", deviceSlots)
                  .pointer("slotLists", deviceLists)
                  .pointer("lastTokens", deviceLast));
      assertThat(bench.readInts(deviceSlots)).isEqualTo(slots);
      assertThat(bench.readInts(deviceLists)).isEqualTo(lists);
      assertThat(bench.readInts(deviceLast)).isEqualTo(last);
    }
  }

  private static int[] filledInts(int count) {
    int[] values = new int[count];
    Arrays.fill(values, -9);
    return values;
  }
}
