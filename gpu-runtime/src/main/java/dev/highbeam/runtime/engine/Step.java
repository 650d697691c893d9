// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The plan of one step: which tokens of which sequences are computed, in order. Made by the {@link
 * Scheduler}; {@link BatchBuilder} notes in it where each chunk's logit rows lie.
 */
final class Step {

  /** A run of consecutive tokens [start, end) of one sequence. */
  static final class Chunk {
    private final Sequence sequence;
    private final int start;
    private final int end;
    private final int stateSlot;
    private final boolean isSampling;
    private int scoreRow;
    private int scoreCount;
    private int sampleRow;

    private Chunk(Sequence sequence, int start, int end, boolean isSampling) {
      this.sequence = sequence;
      this.start = start;
      this.end = end;
      this.stateSlot = sequence.stateSlot();
      this.isSampling = isSampling;
    }

    Sequence sequence() {
      return sequence;
    }

    int start() {
      return start;
    }

    int end() {
      return end;
    }

    int stateSlot() {
      return stateSlot;
    }

    /** Whether the chunk's last token is the sequence's last, so that a token is sampled. */
    boolean isSampling() {
      return isSampling;
    }

    void setScoreRows(int firstRow, int count) {
      scoreRow = firstRow;
      scoreCount = count;
    }

    void setSampleRow(int row) {
      sampleRow = row;
    }

    /** First logit row that scores a prompt token. */
    int scoreRow() {
      return scoreRow;
    }

    int scoreCount() {
      return scoreCount;
    }

    /** The logit row that samples, if the chunk does. */
    int sampleRow() {
      return sampleRow;
    }
  }

  private final List<Chunk> chunks = new ArrayList<>();
  private final List<Sequence> admitted = new ArrayList<>();
  private int tokenCount;
  private int preemptionCount;

  List<Chunk> chunks() {
    return Collections.unmodifiableList(chunks);
  }

  /** Sequences that got their state slot with this step. */
  List<Sequence> admitted() {
    return Collections.unmodifiableList(admitted);
  }

  int tokenCount() {
    return tokenCount;
  }

  int preemptionCount() {
    return preemptionCount;
  }

  boolean isEmpty() {
    return chunks.isEmpty();
  }

  /** Schedules the sequence's next count tokens. */
  void add(Sequence sequence, int count) {
    int start = sequence.computedTokenCount();
    boolean isSampling = start + count == sequence.deviceTokenCount();
    chunks.add(new Chunk(sequence, start, start + count, isSampling));
    sequence.schedule(count);
    tokenCount += count;
  }

  void addAdmitted(Sequence sequence) {
    admitted.add(sequence);
  }

  void countPreemption() {
    preemptionCount++;
  }
}
