// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import java.util.ArrayList;
import java.util.List;

/**
 * Builds the {@link ForwardBatch} of one step from pieces of {@link TestSequence}s: PROMPT pieces
 * first, each in the order of adding, and remembers which row is whose.
 */
public final class TestSteps {

  private record Piece(TestSequence sequence, int begin, int end) {}

  private record Row(TestSequence sequence, int position) {}

  private final Capacity capacity;
  private final List<Piece> promptPieces = new ArrayList<>();
  private final List<Piece> outputPieces = new ArrayList<>();
  private final List<Row> tokenRows = new ArrayList<>();
  private final List<Row> logitRows = new ArrayList<>();

  public TestSteps(Capacity capacity) {
    this.capacity = capacity;
  }

  /** Adds the next count tokens of a sequence that are not computed yet. */
  public TestSteps add(TestSequence sequence, int count) {
    int begin = sequence.computedCount;
    int end = begin + count;
    int border = Math.max(begin, Math.min(end, sequence.promptLength));
    if (begin < border) {
      promptPieces.add(new Piece(sequence, begin, border));
    }
    if (border < end) {
      outputPieces.add(new Piece(sequence, border, end));
    }
    sequence.computedCount = end;
    return this;
  }

  /** The batch of all that was added. */
  public ForwardBatch build() {
    ForwardBatch batch = new ForwardBatch(capacity);
    batch.clear();
    promptPieces.forEach(piece -> write(batch, piece, true));
    outputPieces.forEach(piece -> write(batch, piece, false));
    return batch;
  }

  private void write(ForwardBatch batch, Piece piece, boolean isPrompt) {
    TestSequence sequence = piece.sequence();
    assign(batch, sequence);
    int entry = batch.entryCount();
    int token = batch.tokenCount();
    int page = batch.pageCount();
    int logit = batch.logitCount();
    int pageSize = capacity.pageSize();
    batch.stateSlots[entry] = sequence.slot;
    batch.lastPageLength[entry] = (piece.end() - 1) % pageSize + 1;
    for (int p = 0; p * pageSize < piece.end(); p++) {
      batch.pageIndices[page++] = sequence.pages[p];
    }
    for (int position = piece.begin(); position < piece.end(); position++) {
      batch.tokenIds[token] = sequence.tokenIds.get(position);
      batch.positions[token] = position;
      batch.slotMapping[token] =
          sequence.pages[position / pageSize] * pageSize + position % pageSize;
      tokenRows.add(new Row(sequence, position));
      for (TestSequence.Wanted wanted : sequence.wanted) {
        if (wanted.position() == position) {
          batch.logitRows[logit] = token;
          batch.logitTargets[logit] = wanted.target();
          batch.logitAlternatives[logit] = wanted.alternatives();
          logitRows.add(new Row(sequence, position));
          logit++;
        }
      }
      token++;
    }
    batch.endEntry(
        token,
        page,
        logit,
        isPrompt ? ForwardBatch.TokenClass.PROMPT : ForwardBatch.TokenClass.OUTPUT);
  }

  private static void assign(ForwardBatch batch, TestSequence sequence) {
    if (sequence.isAssigned) {
      return;
    }
    sequence.isAssigned = true;
    int[] known = sequence.tokenIds.stream().mapToInt(i -> i).filter(id -> id >= 0).toArray();
    batch.assign(
        new SlotAssignment(
            sequence.slot,
            sequence.sampling,
            sequence.sampleIndex,
            sequence.promptLength,
            known,
            known.length,
            sequence.endTokenIds));
  }

  /** The row of a token in buffers over tokens. */
  public int tokenRow(TestSequence sequence, int position) {
    return tokenRows.indexOf(new Row(sequence, position));
  }

  /** The first logit row of a token, which is also its row in the step's output. */
  public int logitRow(TestSequence sequence, int position) {
    return logitRows.indexOf(new Row(sequence, position));
  }
}
