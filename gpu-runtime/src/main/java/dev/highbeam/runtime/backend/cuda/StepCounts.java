// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.ForwardBatch;

/** How much a step holds of what grids are made from; reused from step to step. */
final class StepCounts {

  private int tokens;
  private int logitRows;
  private int promptTiles;
  private int work;
  private int combines;
  private int assignments;
  private int headBlock;
  private int headRows;

  /** The counts of a batch, once its attention work is known. */
  void set(ForwardBatch batch, AttentionWork attention) {
    tokens = batch.tokenCount();
    logitRows = batch.logitCount();
    promptTiles = attention.promptTileCount();
    work = attention.outputWorkCount();
    combines = attention.outputCombineCount();
    assignments = batch.assignments().size();
  }

  /** The largest step of a layout, for a graph that serves all its smaller ones. */
  void setLargest(BatchLayout layout) {
    tokens = layout.tokens();
    logitRows = layout.logitRows();
    promptTiles = layout.promptTiles();
    work = layout.work();
    combines = layout.combines();
    assignments = layout.entries();
  }

  /** Moves to a block of logit rows. */
  void beginHead(int block, int rows) {
    headBlock = block;
    headRows = rows;
  }

  int tokens() {
    return tokens;
  }

  int logitRows() {
    return logitRows;
  }

  int promptTiles() {
    return promptTiles;
  }

  int work() {
    return work;
  }

  int combines() {
    return combines;
  }

  int assignments() {
    return assignments;
  }

  /** Number of the current block of logit rows. */
  int headBlock() {
    return headBlock;
  }

  /** Rows of the current block. */
  int headRows() {
    return headRows;
  }
}
