// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a word into the tokens of a byte-pair-encoding model:
 *
 * <ol>
 *   <li>every character becomes its own token; one without a token becomes the tokens of its UTF-8
 *       bytes where the model has these, else the unknown token where it has that, else nothing;
 *   <li>neighbours merge in the order of the merges ({@link BpeMerger}).
 * </ol>
 *
 * <p>Immutable but for its cache of words, which never changes a result; any number of threads may
 * use it, each with its own merger from {@link #newMerger()}.
 */
final class BpeModel {
  private static final int ABSENT = -1;

  private final Map<String, Integer> vocabulary;
  private final BpeSpec spec;
  private final int[] charIds;
  private final int[] byteIds;
  private final WordCache cache = new WordCache();

  BpeModel(BpeSpec spec) {
    this.spec = spec;
    this.vocabulary = spec.vocabulary();
    this.charIds = charIds(vocabulary);
    this.byteIds = byteIds(vocabulary);
  }

  BpeMerger newMerger() {
    return new BpeMerger(spec.merges());
  }

  /** Appends the tokens of {@code text[start, end)}. */
  void encode(String text, int start, int end, BpeMerger merger, IdList out) {
    int[] known = cache.find(text, start, end);
    if (known != null) {
      out.addAll(known);
      return;
    }
    int before = out.size();
    Integer whole = spec.ignoresMerges() ? vocabulary.get(text.substring(start, end)) : null;
    if (whole != null) {
      out.add(whole);
    } else {
      addSymbols(text, start, end, merger);
      merger.mergeInto(out);
    }
    cache.remember(text, start, end, out.copyFrom(before));
  }

  private void addSymbols(String text, int start, int end, BpeMerger merger) {
    boolean unknownPending = false;
    for (int i = start; i < end; ) {
      int codePoint = text.codePointAt(i);
      i += Character.charCount(codePoint);
      int id = idOf(codePoint);
      if (id != ABSENT) {
        if (unknownPending) {
          merger.add(spec.unknownId());
          unknownPending = false;
        }
        merger.add(id);
      } else if (!(spec.fallsBackToBytes() && addBytes(codePoint, merger))
          && spec.unknownId() != ABSENT) {
        // Unknown characters wait for the next known one, so that a run of them can become one
        // token; bytes in between overtake them, as they do where these models were trained.
        if (unknownPending && !spec.fusesUnknown()) {
          merger.add(spec.unknownId());
        }
        unknownPending = true;
      }
    }
    if (unknownPending) {
      merger.add(spec.unknownId());
    }
  }

  private int idOf(int codePoint) {
    if (codePoint < charIds.length) {
      return charIds[codePoint];
    }
    return codePoint <= Character.MAX_VALUE
        ? ABSENT
        : vocabulary.getOrDefault(Character.toString(codePoint), ABSENT);
  }

  private boolean addBytes(int codePoint, BpeMerger merger) {
    byte[] bytes = Character.toString(codePoint).getBytes(StandardCharsets.UTF_8);
    for (byte value : bytes) {
      if (byteIds[value & 0xFF] == ABSENT) {
        return false;
      }
    }
    for (byte value : bytes) {
      merger.add(byteIds[value & 0xFF]);
    }
    return true;
  }

  /** The tokens of single characters of the basic plane, indexed by character. */
  private static int[] charIds(Map<String, Integer> vocabulary) {
    int limit = 0;
    for (String piece : vocabulary.keySet()) {
      limit = piece.length() == 1 ? Math.max(limit, piece.charAt(0) + 1) : limit;
    }
    int[] ids = new int[limit];
    Arrays.fill(ids, ABSENT);
    vocabulary.forEach(
        (piece, id) -> {
          if (piece.length() == 1) {
            ids[piece.charAt(0)] = id;
          }
        });
    return ids;
  }

  /** The tokens named {@code <0x00>} to {@code <0xFF>}. */
  private static int[] byteIds(Map<String, Integer> vocabulary) {
    int[] ids = new int[256];
    for (int value = 0; value < ids.length; value++) {
      @Nullable Integer id = vocabulary.get(BytePieces.nameOf(value));
      ids[value] = id == null ? ABSENT : id;
    }
    return ids;
  }
}
