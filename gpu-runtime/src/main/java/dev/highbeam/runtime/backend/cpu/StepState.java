// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.SlotAssignment;
import dev.highbeam.runtime.backend.StepOutput;
import dev.highbeam.runtime.sampling.SequenceSampling;
import org.jspecify.annotations.Nullable;

/**
 * What the ops of a step share beside their buffers: the batch, the current block of logit rows,
 * the state slots, and where the output goes. Changed between ops by the engine's thread only; the
 * pool's threads read it, and write the output and slots of their own rows.
 */
final class StepState {

  private final @Nullable SequenceSampling[] slots;
  private final int vocabularySize;
  private ForwardBatch batch;
  private StepOutput output;
  private int headStart;
  private int headRows;

  StepState(Capacity capacity, int vocabularySize) {
    this.slots = new SequenceSampling[capacity.maxSequences()];
    this.vocabularySize = vocabularySize;
    this.batch = new ForwardBatch(capacity);
    this.output = new StepOutput(0, SamplingParams.MAX_LOGPROBS);
  }

  /** Starts a step: gives state slots to new sequences. */
  void begin(ForwardBatch newBatch, StepOutput newOutput) {
    batch = newBatch;
    output = newOutput;
    for (SlotAssignment assignment : newBatch.assignments()) {
      slots[assignment.slot()] =
          new SequenceSampling(
              assignment.sampling(),
              assignment.sampleIndex(),
              assignment.promptLength(),
              assignment.tokenIds(),
              assignment.tokenCount(),
              assignment.endTokenIds(),
              vocabularySize);
    }
  }

  /** Moves to a block of logit rows. */
  void beginHead(int start, int rows) {
    headStart = start;
    headRows = rows;
  }

  ForwardBatch batch() {
    return batch;
  }

  StepOutput output() {
    return output;
  }

  /** First logit row of the current head block. */
  int headStart() {
    return headStart;
  }

  /** Rows that a buffer holds now. */
  int rows(Buffer buffer) {
    return switch (buffer.rows()) {
      case TOKENS -> batch.tokenCount();
      case LOGIT_ROWS -> headRows;
    };
  }

  /** The token of a row, be it known to its state slot alone; refuses one past the vocabulary. */
  int tokenId(int row, int rowCount) {
    int tokenId = batch.tokenIds[row];
    if (tokenId < 0) {
      tokenId = slot(-tokenId - 1).lastTokenId();
    }
    if (tokenId >= rowCount) {
      throw new IllegalArgumentException("token id must be below " + rowCount + ", was " + tokenId);
    }
    return tokenId;
  }

  /** The sequence in a state slot. */
  SequenceSampling slot(int slot) {
    SequenceSampling sequence = slots[slot];
    if (sequence == null) {
      throw new IllegalArgumentException("state slot " + slot + " was never assigned");
    }
    return sequence;
  }
}
