// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

/**
 * Where each array of a step lies in the batch arena, in words of 4 bytes. The offsets are fixed
 * for one layout, so that launches can be prepared; what varies with the step (page ids, slot
 * assignments) comes last, and only what is used is copied.
 *
 * @param tokens most tokens
 * @param entries most entries
 * @param logitRows most logit rows
 * @param headRows most logit rows of a head block
 * @param promptTiles most tiles of PROMPT attention
 * @param work most items of OUTPUT attention
 * @param combines most rows whose splits are combined
 */
record BatchLayout(
    int tokens, int entries, int logitRows, int headRows, int promptTiles, int work, int combines) {

  /** Words of the header, which holds the counts of a step. */
  static final int HEADER = 16;

  // Words of the header.
  static final int TOKEN_COUNT = 0;
  static final int ENTRY_COUNT = 1;
  static final int PROMPT_ENTRY_COUNT = 2;
  static final int LOGIT_COUNT = 3;
  static final int PROMPT_TOKEN_COUNT = 4;
  static final int PROMPT_TILE_COUNT = 5;
  static final int WORK_COUNT = 6;
  static final int COMBINE_COUNT = 7;
  static final int ASSIGNMENT_COUNT = 8;
  static final int ASSIGNMENT_OFFSET = 9;

  /** Words of one tile, one item and one combine. */
  static final int TILE_WORDS = 3;

  static final int WORK_WORDS = 4;
  static final int COMBINE_WORDS = 3;

  int tokenIds() {
    return HEADER;
  }

  int positions() {
    return tokenIds() + tokens;
  }

  int slotMapping() {
    return positions() + tokens;
  }

  int queryIndptr() {
    return slotMapping() + tokens;
  }

  int stateSlots() {
    return queryIndptr() + entries + 1;
  }

  int pageIndptr() {
    return stateSlots() + entries;
  }

  int lastPageLength() {
    return pageIndptr() + entries + 1;
  }

  int logitRowTokens() {
    return lastPageLength() + entries;
  }

  int logitTargets() {
    return logitRowTokens() + logitRows;
  }

  int logitAlternatives() {
    return logitTargets() + logitRows;
  }

  int logitEntries() {
    return logitAlternatives() + logitRows;
  }

  /** Rows of each head block: what is left of the step's rows could be more than one holds. */
  int headCounts() {
    return logitEntries() + logitRows;
  }

  /** Number of head blocks. */
  int headBlocks() {
    return (logitRows + headRows - 1) / headRows;
  }

  int tiles() {
    return headCounts() + headBlocks();
  }

  int workItems() {
    return tiles() + TILE_WORDS * promptTiles;
  }

  int combineItems() {
    return workItems() + WORK_WORDS * work;
  }

  /** Page ids; the assignments follow the last one used. */
  int pageIndices() {
    return combineItems() + COMBINE_WORDS * combines;
  }
}
