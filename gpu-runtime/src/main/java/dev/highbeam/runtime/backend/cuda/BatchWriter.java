// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.SlotAssignment;
import java.nio.IntBuffer;

/**
 * Writes a step's batch into the pinned arena, as {@link BatchLayout} lays it out. Allocates
 * nothing; used by the engine's thread.
 */
final class BatchWriter {

  private final int vocabularySize;
  private final AttentionWork attentionWork;

  BatchWriter(int vocabularySize, AttentionWork attentionWork) {
    this.vocabularySize = vocabularySize;
    this.attentionWork = attentionWork;
  }

  /** Fills the arena and gives the number of words that the device needs. */
  int write(ForwardBatch batch, BatchLayout layout, IntBuffer arena) {
    int tokens = batch.tokenCount();
    int entries = batch.entryCount();
    arena.put(layout.tokenIds(), batch.tokenIds, 0, tokens);
    arena.put(layout.positions(), batch.positions, 0, tokens);
    arena.put(layout.slotMapping(), batch.slotMapping, 0, tokens);
    arena.put(layout.queryIndptr(), batch.queryIndptr, 0, entries + 1);
    arena.put(layout.stateSlots(), batch.stateSlots, 0, entries);
    arena.put(layout.pageIndptr(), batch.pageIndptr, 0, entries + 1);
    arena.put(layout.lastPageLength(), batch.lastPageLength, 0, entries);
    writeLogitRows(batch, layout, arena);
    arena.put(layout.pageIndices(), batch.pageIndices, 0, batch.pageCount());
    attentionWork.build(batch);
    arena.put(
        layout.tiles(),
        attentionWork.promptTiles(),
        0,
        BatchLayout.TILE_WORDS * attentionWork.promptTileCount());
    arena.put(
        layout.workItems(),
        attentionWork.outputWork(),
        0,
        BatchLayout.WORK_WORDS * attentionWork.outputWorkCount());
    arena.put(
        layout.combineItems(),
        attentionWork.outputCombines(),
        0,
        BatchLayout.COMBINE_WORDS * attentionWork.outputCombineCount());
    int assignments = layout.pageIndices() + batch.pageCount();
    int end = writeAssignments(batch, assignments, arena);
    writeHeader(batch, assignments, arena);
    return end;
  }

  private static void writeLogitRows(ForwardBatch batch, BatchLayout layout, IntBuffer arena) {
    int rows = batch.logitCount();
    arena.put(layout.logitRowTokens(), batch.logitRows, 0, rows);
    arena.put(layout.logitTargets(), batch.logitTargets, 0, rows);
    arena.put(layout.logitAlternatives(), batch.logitAlternatives, 0, rows);
    for (int entry = 0; entry < batch.entryCount(); entry++) {
      for (int row = batch.logitIndptr[entry]; row < batch.logitIndptr[entry + 1]; row++) {
        arena.put(layout.logitEntries() + row, entry);
      }
    }
    for (int block = 0; block < layout.headBlocks(); block++) {
      int left = rows - block * layout.headRows();
      arena.put(layout.headCounts() + block, Math.max(0, Math.min(left, layout.headRows())));
    }
  }

  private int writeAssignments(ForwardBatch batch, int offset, IntBuffer arena) {
    arena.position(offset);
    for (SlotAssignment assignment : batch.assignments()) {
      SlotWords.write(assignment, vocabularySize, arena);
    }
    int end = arena.position();
    arena.clear();
    return end;
  }

  private void writeHeader(ForwardBatch batch, int assignments, IntBuffer arena) {
    for (int word = 0; word < BatchLayout.HEADER; word++) {
      arena.put(word, 0);
    }
    arena.put(BatchLayout.TOKEN_COUNT, batch.tokenCount());
    arena.put(BatchLayout.ENTRY_COUNT, batch.entryCount());
    arena.put(BatchLayout.PROMPT_ENTRY_COUNT, batch.promptEntryCount());
    arena.put(BatchLayout.LOGIT_COUNT, batch.logitCount());
    arena.put(BatchLayout.PROMPT_TOKEN_COUNT, batch.queryIndptr[batch.promptEntryCount()]);
    arena.put(BatchLayout.PROMPT_TILE_COUNT, attentionWork.promptTileCount());
    arena.put(BatchLayout.WORK_COUNT, attentionWork.outputWorkCount());
    arena.put(BatchLayout.COMBINE_COUNT, attentionWork.outputCombineCount());
    arena.put(BatchLayout.ASSIGNMENT_COUNT, batch.assignments().size());
    arena.put(BatchLayout.ASSIGNMENT_OFFSET, assignments);
  }
}
