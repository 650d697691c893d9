// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import dev.highbeam.runtime.tokenizer.AddedToken.Trait;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** The pieces of a tokenizer by id, the model's and the added ones. Immutable, for any thread. */
final class Vocabulary {
  private final Map<String, Integer> modelIds;
  private final Map<String, Integer> addedIds = new HashMap<>();
  private final BitSet special = new BitSet();
  private final @Nullable String[] pieces;

  /** The readers have checked that ids are small, not negative and never shared by two pieces. */
  Vocabulary(Map<String, Integer> modelIds, List<AddedToken> addedTokens) {
    this.modelIds = modelIds;
    int size = 0;
    for (int id : modelIds.values()) {
      size = Math.max(size, id + 1);
    }
    for (AddedToken token : addedTokens) {
      size = Math.max(size, token.id() + 1);
    }
    pieces = new @Nullable String[size];
    modelIds.forEach((piece, id) -> pieces[id] = piece);
    for (AddedToken token : addedTokens) {
      pieces[token.id()] = token.content();
      addedIds.put(token.content(), token.id());
      special.set(token.id(), token.is(Trait.SPECIAL));
    }
  }

  /** One more than the largest id. */
  int size() {
    return pieces.length;
  }

  /** The piece of an id, or null where the vocabulary has none. */
  @Nullable String piece(int id) {
    return id < pieces.length ? pieces[id] : null;
  }

  boolean isSpecial(int id) {
    return special.get(id);
  }

  OptionalInt idOf(String piece) {
    Integer id = addedIds.get(piece);
    if (id == null) {
      id = modelIds.get(piece);
    }
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }
}
