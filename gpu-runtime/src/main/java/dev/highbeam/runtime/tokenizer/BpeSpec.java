// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import java.util.Map;

/**
 * What a BPE model is made of, whichever file it was read from.
 *
 * @param vocabulary the id of each piece
 * @param merges which pairs merge, over these ids
 * @param unknownId the token for characters without one, or NO_UNKNOWN where they vanish
 * @param unknownRule whether neighbouring unknown characters become one token
 * @param byteRule whether characters without a token become the tokens of their bytes
 * @param wholeWordRule whether a word that is a piece by itself is taken whole, merges or not
 */
record BpeSpec(
    Map<String, Integer> vocabulary,
    MergeTable merges,
    int unknownId,
    UnknownRule unknownRule,
    ByteRule byteRule,
    WholeWordRule wholeWordRule) {
  static final int NO_UNKNOWN = -1;

  enum UnknownRule {
    ONE_EACH,
    FUSED
  }

  enum ByteRule {
    NO_BYTES,
    BYTE_FALLBACK
  }

  enum WholeWordRule {
    MERGES_DECIDE,
    WHOLE_FIRST
  }

  boolean fusesUnknown() {
    return unknownRule == UnknownRule.FUSED;
  }

  boolean fallsBackToBytes() {
    return byteRule == ByteRule.BYTE_FALLBACK;
  }

  boolean ignoresMerges() {
    return wholeWordRule == WholeWordRule.WHOLE_FIRST;
  }
}
