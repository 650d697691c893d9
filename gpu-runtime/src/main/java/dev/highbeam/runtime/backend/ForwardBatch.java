// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Everything a device needs to know of one step, in CSR form without padding: N tokens, S entries
 * (runs of consecutive tokens of one sequence), R logit rows, P pages. Filled by the engine's
 * BatchBuilder into fixed arrays, which are reused; only the first N, S, R, P elements count.
 *
 * <p>Entries [0, promptEntryCount) hold PROMPT tokens only (position below the prompt's length),
 * the others OUTPUT tokens only; a chunk that crosses the border is two entries. The class decides
 * the order of sums in attention, never the shape of the step.
 */
public final class ForwardBatch {

  /** Marks a logit row that samples, as opposed to scoring a known target token. */
  public static final int SAMPLE = -1;

  /** [N] token ids; -s-1 means the last token of state slot s, read on the device. */
  public final int[] tokenIds;

  /** [N] positions in the sequence, from 0. */
  public final int[] positions;

  /** [S + 1] offsets of the entries' tokens. */
  public final int[] queryIndptr;

  /** [S] state slot of each entry's sequence. */
  public final int[] stateSlots;

  /** [N] place of each token's keys and values: pageId * pageSize + offset. */
  public final int[] slotMapping;

  /** [S + 1] offsets of the entries' pages. */
  public final int[] pageIndptr;

  /** [P] page ids of the entries, in the order of positions. */
  public final int[] pageIndices;

  /** [S] tokens in each entry's last page, 1 to pageSize, this step's tokens included. */
  public final int[] lastPageLength;

  /** [S + 1] offsets of the entries' logit rows. */
  public final int[] logitIndptr;

  /** [R] token (index into this step's tokens) whose logits are wanted. */
  public final int[] logitRows;

  /** [R] token id to score, or {@link #SAMPLE}. */
  public final int[] logitTargets;

  /** [R] alternatives wanted, 0 to 20. */
  public final int[] logitAlternatives;

  /** A token's numerics class, fixed by its position against the prompt's length. */
  public enum TokenClass {
    PROMPT,
    OUTPUT
  }

  private final List<SlotAssignment> assignments = new ArrayList<>();
  private int entryCount;
  private int promptEntryCount;

  /** Arrays for the largest step of a capacity. */
  public ForwardBatch(Capacity capacity) {
    int tokens = capacity.maxStepTokens();
    // A chunk across the border of prompt and output makes two entries.
    int entries = Math.min(2 * capacity.maxSequences(), tokens);
    tokenIds = new int[tokens];
    positions = new int[tokens];
    slotMapping = new int[tokens];
    queryIndptr = new int[entries + 1];
    stateSlots = new int[entries];
    pageIndptr = new int[entries + 1];
    pageIndices = new int[Math.multiplyExact(entries, capacity.maxPagesPerSequence())];
    lastPageLength = new int[entries];
    logitIndptr = new int[entries + 1];
    logitRows = new int[tokens];
    logitTargets = new int[tokens];
    logitAlternatives = new int[tokens];
  }

  /** Empties the batch for the next step. */
  public void clear() {
    entryCount = 0;
    promptEntryCount = 0;
    assignments.clear();
  }

  /** Closes the entry whose tokens, pages and logit rows were just written. */
  public void endEntry(int tokenEnd, int pageEnd, int logitEnd, TokenClass tokenClass) {
    entryCount++;
    queryIndptr[entryCount] = tokenEnd;
    pageIndptr[entryCount] = pageEnd;
    logitIndptr[entryCount] = logitEnd;
    if (tokenClass == TokenClass.PROMPT) {
      promptEntryCount++;
    }
  }

  /** Gives a state slot to a sequence before the step's first op. */
  public void assign(SlotAssignment assignment) {
    assignments.add(assignment);
  }

  /** N, tokens of the step. */
  public int tokenCount() {
    return queryIndptr[entryCount];
  }

  /** S, runs of tokens. */
  public int entryCount() {
    return entryCount;
  }

  /** Entries of PROMPT tokens, which come first. */
  public int promptEntryCount() {
    return promptEntryCount;
  }

  /** P, pages of all entries. */
  public int pageCount() {
    return pageIndptr[entryCount];
  }

  /** R, rows whose logits are wanted. */
  public int logitCount() {
    return logitIndptr[entryCount];
  }

  /** State slots given to sequences with this step, in order. */
  public List<SlotAssignment> assignments() {
    return Collections.unmodifiableList(assignments);
  }
}
