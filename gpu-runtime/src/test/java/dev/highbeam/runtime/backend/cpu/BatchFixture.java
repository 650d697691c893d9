// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.SlotAssignment;

/**
 * Builds batches over sequences that own fixed pages: sequence s has state slot s and every
 * maxSequences-th page from s on, so that neighbouring positions lie apart.
 */
final class BatchFixture {

  private final Capacity capacity;
  private final int vocabulary;
  private final ForwardBatch batch;
  private int tokens;
  private int pages;
  private int logits;

  BatchFixture(Capacity capacity, int vocabulary) {
    this.capacity = capacity;
    this.vocabulary = vocabulary;
    this.batch = new ForwardBatch(capacity);
  }

  /** Pages for so many sequences of the greatest length. */
  static Capacity capacity(int stepTokens, int sequences, int length, int pageSize) {
    int pagesPerSequence = (length + pageSize - 1) / pageSize;
    return new Capacity(stepTokens, sequences, length, pageSize, sequences * pagesPerSequence);
  }

  BatchFixture clear() {
    batch.clear();
    tokens = 0;
    pages = 0;
    logits = 0;
    return this;
  }

  ForwardBatch batch() {
    return batch;
  }

  /** The token of a sequence at a position, for all sequences with the same salt. */
  int token(int salt, int position) {
    return Math.floorMod((salt * 31 + position + 7) * 0x9e3779b1, vocabulary);
  }

  /** A slot for a greedy sequence whose tokens are those of the salt. */
  BatchFixture assign(int sequence, int salt, int length) {
    int[] ids = new int[length];
    for (int i = 0; i < length; i++) {
      ids[i] = token(salt, i);
    }
    SamplingParams params = SamplingParams.DEFAULTS.withSeed(5);
    batch.assign(new SlotAssignment(sequence, params, 0, length, ids, length, new int[0]));
    return this;
  }

  /** Positions [from, to) of a sequence; the last scoreCount tokens score their successors. */
  BatchFixture prompt(int sequence, int salt, int from, int to, int scoreCount) {
    for (int position = from; position < to; position++) {
      if (position >= to - scoreCount) {
        batch.logitRows[logits] = tokens;
        batch.logitTargets[logits] = token(salt, position + 1);
        batch.logitAlternatives[logits] = 20;
        logits++;
      }
      add(sequence, position, token(salt, position));
    }
    return end(sequence, to, true);
  }

  /** One output token that samples its successor; its id is the slot's last token. */
  BatchFixture decode(int sequence, int position) {
    batch.logitRows[logits] = tokens;
    batch.logitTargets[logits] = ForwardBatch.SAMPLE;
    batch.logitAlternatives[logits] = 0;
    logits++;
    add(sequence, position, -sequence - 1);
    return end(sequence, position + 1, false);
  }

  private void add(int sequence, int position, int tokenId) {
    batch.tokenIds[tokens] = tokenId;
    batch.positions[tokens] = position;
    int page = page(sequence, position / capacity.pageSize());
    batch.slotMapping[tokens] = page * capacity.pageSize() + position % capacity.pageSize();
    tokens++;
  }

  private BatchFixture end(int sequence, int length, boolean isPrompt) {
    int count = (length + capacity.pageSize() - 1) / capacity.pageSize();
    for (int i = 0; i < count; i++) {
      batch.pageIndices[pages++] = page(sequence, i);
    }
    batch.stateSlots[batch.entryCount()] = sequence;
    batch.lastPageLength[batch.entryCount()] = (length - 1) % capacity.pageSize() + 1;
    batch.endEntry(tokens, pages, logits, isPrompt);
    return this;
  }

  private int page(int sequence, int index) {
    return index * capacity.maxSequences() + sequence;
  }
}
