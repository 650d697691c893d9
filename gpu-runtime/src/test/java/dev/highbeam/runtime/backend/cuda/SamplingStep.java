// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The lists of a step around sampling: each row an entry of its own. Tokens, slots and pages lie
 * elsewhere than rows, so that no index passes for another.
 */
final class SamplingStep {

  static final int PAGE_SIZE = 4;

  final int count;
  final int[] logitRows;
  final int[] targets;
  final int[] alternatives;
  final int[] entries;
  final int[] slots;
  final int[] positions;
  final int[] pageIndptr;
  final int[] pageIndices;

  /** The token at each place of the pages; -1 where there is none. */
  final int[] pageTokens;

  /** Header, then the slots' assignments. */
  final int[] arena;

  SamplingStep(List<SamplingRow> rows) {
    count = rows.size();
    logitRows = new int[count];
    targets = new int[count];
    alternatives = new int[count];
    entries = new int[count];
    slots = new int[count];
    positions = new int[count];
    pageIndptr = new int[count + 1];
    for (int r = 0; r < count; r++) {
      SamplingRow row = rows.get(r);
      int token = count - 1 - r;
      logitRows[r] = token;
      positions[token] = row.tokens().length - 1;
      targets[r] = row.target();
      alternatives[r] = row.alternatives();
      entries[r] = r;
      slots[r] = (r + 1) % count;
      pageIndptr[r + 1] = pageIndptr[r] + (row.tokens().length + PAGE_SIZE - 1) / PAGE_SIZE;
    }
    int pages = pageIndptr[count];
    // Falling: a page's place in the table is not its id.
    pageIndices = IntStream.range(0, pages).map(place -> pages - 1 - place).toArray();
    pageTokens = new int[pages * PAGE_SIZE];
    Arrays.fill(pageTokens, -1);
    for (int r = 0; r < count; r++) {
      int[] tokens = rows.get(r).tokens();
      for (int i = 0; i < tokens.length; i++) {
        int page = pageIndices[pageIndptr[r] + i / PAGE_SIZE];
        pageTokens[page * PAGE_SIZE + i % PAGE_SIZE] = tokens[i];
      }
    }
    arena = arena(rows);
  }

  private int[] arena(List<SamplingRow> rows) {
    int[] header = new int[BatchLayout.HEADER];
    header[BatchLayout.ENTRY_COUNT] = count;
    header[BatchLayout.LOGIT_COUNT] = count;
    header[BatchLayout.ASSIGNMENT_COUNT] = count;
    header[BatchLayout.ASSIGNMENT_OFFSET] = header.length;
    IntStream assignments =
        IntStream.range(0, count).flatMap(r -> rows.get(r).assignment(slots[r]));
    return IntStream.concat(IntStream.of(header), assignments).toArray();
  }
}
