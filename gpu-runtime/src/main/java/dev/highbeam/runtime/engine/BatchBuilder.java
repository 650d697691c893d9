// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.SlotAssignment;

/**
 * Writes a step's plan into a forward batch: entries of PROMPT tokens first, then entries of OUTPUT
 * tokens; a chunk that crosses the border of its prompt becomes one of each. Notes in the plan
 * where each chunk's logit rows lie.
 *
 * <p>Keeps I4: no slot twice in a batch, because pages that are written have one owner. Used by the
 * engine's thread.
 */
final class BatchBuilder {

  private final Capacity capacity;
  private final EndTokens endTokens;
  private int tokenEnd;
  private int pageEnd;
  private int logitEnd;

  BatchBuilder(Capacity capacity, EndTokens endTokens) {
    this.capacity = capacity;
    this.endTokens = endTokens;
  }

  void build(Step step, ForwardBatch batch) {
    batch.clear();
    tokenEnd = 0;
    pageEnd = 0;
    logitEnd = 0;
    for (Sequence sequence : step.admitted()) {
      batch.assign(assignmentOf(sequence));
    }
    for (Step.Chunk chunk : step.chunks()) {
      int promptLength = chunk.sequence().promptTokenCount();
      if (chunk.start() < promptLength) {
        writeEntry(chunk, chunk.start(), Math.min(chunk.end(), promptLength), batch);
        batch.endEntry(tokenEnd, pageEnd, logitEnd, ForwardBatch.TokenClass.PROMPT);
      }
    }
    for (Step.Chunk chunk : step.chunks()) {
      int promptLength = chunk.sequence().promptTokenCount();
      if (chunk.end() > promptLength) {
        writeEntry(chunk, Math.max(chunk.start(), promptLength), chunk.end(), batch);
        batch.endEntry(tokenEnd, pageEnd, logitEnd, ForwardBatch.TokenClass.OUTPUT);
      }
    }
  }

  private SlotAssignment assignmentOf(Sequence sequence) {
    return new SlotAssignment(
        sequence.stateSlot(),
        sequence.request().request().sampling(),
        sequence.sampleIndex(),
        sequence.promptTokenCount(),
        sequence.tokenIds(),
        sequence.tokenCount(),
        endTokens.of(sequence.request().request().sampling()));
  }

  /** Writes tokens, pages and logit rows of positions [start, end). */
  private void writeEntry(Step.Chunk chunk, int start, int end, ForwardBatch batch) {
    Sequence sequence = chunk.sequence();
    batch.stateSlots[batch.entryCount()] = chunk.stateSlot();
    int firstToken = tokenEnd;
    for (int position = start; position < end; position++) {
      batch.tokenIds[tokenEnd] =
          position < sequence.tokenCount() ? sequence.tokenId(position) : -chunk.stateSlot() - 1;
      batch.positions[tokenEnd] = position;
      batch.slotMapping[tokenEnd] = sequence.pageTable().slot(position, capacity.pageSize());
      tokenEnd++;
    }
    int pages = (end + capacity.pageSize() - 1) / capacity.pageSize();
    pageEnd = sequence.pageTable().copyTo(batch.pageIndices, pageEnd, pages);
    batch.lastPageLength[batch.entryCount()] = end - (pages - 1) * capacity.pageSize();
    if (start < sequence.promptTokenCount()) {
      writeScoreRows(chunk, start, end, firstToken, batch);
    }
    if (chunk.isSampling() && end == chunk.end()) {
      chunk.setSampleRow(logitEnd);
      writeLogitRow(tokenEnd - 1, ForwardBatch.SAMPLE, sequence.outputAlternatives(), batch);
    }
  }

  /** Rows that score each next prompt token, if the request wants them and has not got them yet. */
  private void writeScoreRows(
      Step.Chunk chunk, int start, int end, int firstToken, ForwardBatch batch) {
    Sequence sequence = chunk.sequence();
    int from = Math.max(start, sequence.firstUnscoredPosition());
    int to = Math.min(end, sequence.promptTokenCount() - 1);
    chunk.setScoreRows(logitEnd, Math.max(0, to - from));
    for (int position = from; position < to; position++) {
      writeLogitRow(
          firstToken + position - start,
          sequence.tokenId(position + 1),
          sequence.promptAlternatives(),
          batch);
    }
  }

  private void writeLogitRow(int token, int target, int alternatives, ForwardBatch batch) {
    batch.logitRows[logitEnd] = token;
    batch.logitTargets[logitEnd] = target;
    batch.logitAlternatives[logitEnd] = alternatives;
    logitEnd++;
  }
}
