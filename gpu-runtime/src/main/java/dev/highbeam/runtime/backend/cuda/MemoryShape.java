// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.RopeSpec;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * How much memory a program takes on the device beside weights and pages, known before any of it is
 * taken. The one place from which both the plan and the allocation come.
 *
 * @param workspace partial sums, counters, scratch
 * @param eagerLayout the layout of steps that are no graph
 * @param arenaWords words of the batch arena
 * @param bytes bytes on the device in all
 */
record MemoryShape(WorkspacePlan workspace, BatchLayout eagerLayout, long arenaWords, long bytes) {

  static MemoryShape of(Program program, Capacity capacity, KernelTarget target) {
    WorkspacePlan workspace = WorkspacePlan.of(program, capacity, target);
    BatchLayout layout = layout(capacity, workspace.maxPartials());
    long arenaWords = words(capacity, layout);
    long bytes =
        DeviceBuffers.bytes(program, capacity)
            + ropeBytes(program, capacity)
            + SlotState.slotBytes(capacity)
            + workspace.bytes()
            + StepResults.bytes(capacity)
            + arenaWords * Integer.BYTES;
    return new MemoryShape(workspace, layout, arenaWords, bytes);
  }

  private static BatchLayout layout(Capacity capacity, int maxPartials) {
    int tokens = capacity.maxStepTokens();
    // A chunk across the border of prompt and output makes two entries.
    int entries = Math.min(2 * capacity.maxSequences(), tokens);
    int tiles = AttentionWork.maxTiles(capacity);
    return new BatchLayout(
        tokens, entries, tokens, capacity.headRows(), tiles, tokens + maxPartials, tokens);
  }

  /** The layout of a step that only decodes so many sequences. */
  BatchLayout decodeLayout(int sequences) {
    int work = sequences + workspace.maxPartials();
    int headRows = eagerLayout.headRows();
    return new BatchLayout(sequences, sequences, sequences, headRows, 0, work, sequences);
  }

  private static long words(Capacity capacity, BatchLayout layout) {
    long pages = (long) layout.entries() * capacity.maxPagesPerSequence();
    long assignments = (long) capacity.maxSequences() * SlotWords.MAX_WORDS;
    return layout.pageIndices() + pages + assignments;
  }

  private static long ropeBytes(Program program, Capacity capacity) {
    Set<RopeSpec> ropes = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Op op : program.body()) {
      if (op instanceof Op.RopeAppend append) {
        ropes.add(append.rope());
      }
    }
    long bytes = 0;
    for (RopeSpec rope : ropes) {
      bytes += RopeTables.bytes(rope, capacity.maxModelLength());
    }
    return bytes;
  }
}
