// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.api.SamplingParams;
import java.util.BitSet;

/**
 * Holds every batch against the words of {@link ForwardBatch}: a wrong batch must be found here, by
 * name, and not as a wrong token on a faster backend. Remembers the prompt length of each slot, to
 * tell PROMPT from OUTPUT. Checks invariants I3 (pages cover the step) and I4 (no slot twice).
 */
public final class BatchCheck {

  private final Capacity capacity;
  private final int vocabularySize;
  // 0 where no sequence has the slot yet; a prompt has at least one token.
  private final int[] promptLengths;
  private final BitSet kvSlots = new BitSet();

  /** A check that has seen no batch. */
  public BatchCheck(Capacity capacity, int vocabularySize) {
    this.capacity = capacity;
    this.vocabularySize = vocabularySize;
    this.promptLengths = new int[capacity.maxSequences()];
  }

  /** As {@link #accept}, in the form that an assertion wants. */
  public boolean accepts(ForwardBatch batch) {
    accept(batch);
    return true;
  }

  /** Throws IllegalArgumentException for a batch that no backend need understand. */
  public void accept(ForwardBatch batch) {
    for (SlotAssignment assignment : batch.assignments()) {
      checkRange("slot of an assignment", assignment.slot(), 0, capacity.maxSequences() - 1);
      checkRange("promptLength", assignment.promptLength(), 1, assignment.tokenCount());
      promptLengths[assignment.slot()] = assignment.promptLength();
    }
    checkRange("tokens of a step", batch.tokenCount(), 1, capacity.maxStepTokens());
    kvSlots.clear();
    for (int entry = 0; entry < batch.entryCount(); entry++) {
      checkTokens(batch, entry);
      checkPages(batch, entry);
      checkLogits(batch, entry);
    }
  }

  private void checkTokens(ForwardBatch batch, int entry) {
    int begin = batch.queryIndptr[entry];
    int end = batch.queryIndptr[entry + 1];
    checkRange("end of an entry's tokens", end, begin + 1, batch.tokenCount());
    checkSlot(batch.stateSlots[entry]);
    int promptLength = promptLengths[batch.stateSlots[entry]];
    boolean isPrompt = entry < batch.promptEntryCount();
    int lowest = isPrompt ? 0 : promptLength;
    int highest = isPrompt ? promptLength - 1 : capacity.maxModelLength() - 1;
    for (int t = begin; t < end; t++) {
      int position = batch.positions[t];
      checkRange("position of a token of its class", position, lowest, highest);
      if (t > begin) {
        checkEqual("position after the one before", position, batch.positions[t - 1] + 1);
      }
      if (batch.tokenIds[t] < 0) {
        checkSlot(-batch.tokenIds[t] - 1);
      }
    }
  }

  private void checkSlot(int slot) {
    checkRange("state slot", slot, 0, capacity.maxSequences() - 1);
    Checks.checkArgument(promptLengths[slot] > 0, "state slot %s was never assigned", slot);
  }

  private void checkPages(ForwardBatch batch, int entry) {
    int firstPage = batch.pageIndptr[entry];
    int pageCount = batch.pageIndptr[entry + 1] - firstPage;
    int length = batch.positions[batch.queryIndptr[entry + 1] - 1] + 1;
    int pageSize = capacity.pageSize();
    checkEqual("pages of an entry", pageCount, (length + pageSize - 1) / pageSize);
    checkEqual("lastPageLength", batch.lastPageLength[entry], (length - 1) % pageSize + 1);
    for (int p = firstPage; p < firstPage + pageCount; p++) {
      checkRange("page id", batch.pageIndices[p], 0, capacity.pageCount() - 1);
    }
    for (int t = batch.queryIndptr[entry]; t < batch.queryIndptr[entry + 1]; t++) {
      int position = batch.positions[t];
      int pageId = batch.pageIndices[firstPage + position / pageSize];
      int slot = batch.slotMapping[t];
      checkEqual("slotMapping", slot, pageId * pageSize + position % pageSize);
      Checks.checkArgument(!kvSlots.get(slot), "KV slot %s is written twice", slot);
      kvSlots.set(slot);
    }
  }

  private void checkLogits(ForwardBatch batch, int entry) {
    int begin = batch.logitIndptr[entry];
    int end = batch.logitIndptr[entry + 1];
    checkRange("end of an entry's logit rows", end, begin, batch.logitRows.length);
    for (int r = begin; r < end; r++) {
      int first = batch.queryIndptr[entry];
      checkRange("logit row", batch.logitRows[r], first, batch.queryIndptr[entry + 1] - 1);
      if (batch.logitTargets[r] != ForwardBatch.SAMPLE) {
        checkRange("logit target", batch.logitTargets[r], 0, vocabularySize - 1);
      }
      checkRange("alternatives", batch.logitAlternatives[r], 0, SamplingParams.MAX_LOGPROBS);
    }
  }

  private static void checkRange(String name, int value, int lowest, int highest) {
    Checks.checkArgument(
        value >= lowest && value <= highest,
        "%s must be from %s to %s, was %s",
        name,
        lowest,
        highest,
        value);
  }

  private static void checkEqual(String name, int value, int expected) {
    Checks.checkArgument(value == expected, "%s must be %s, was %s", name, expected, value);
  }
}
