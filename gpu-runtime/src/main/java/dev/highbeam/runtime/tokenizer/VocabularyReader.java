// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import dev.highbeam.runtime.json.JsonValue;
import dev.highbeam.runtime.json.MalformedFileException;
import dev.highbeam.runtime.tokenizer.AddedToken.Trait;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads pieces and added tokens, from whichever JSON file has them. Sizes are bounded before
 * anything is allocated by them, and no two pieces may share an id: which one a model means could
 * only be guessed.
 */
final class VocabularyReader {
  /** Sixteen times the largest vocabulary known; tables are allocated by the largest id. */
  static final int MAX_ID = (1 << 22) - 1;

  private VocabularyReader() {}

  /** Reads an object of piece to id. */
  static Map<String, Integer> readPieces(JsonValue json) throws MalformedFileException {
    List<Map.Entry<String, JsonValue>> members = json.members();
    Map<String, Integer> ids = new HashMap<>(members.size() * 2);
    BitSet taken = new BitSet();
    for (Map.Entry<String, JsonValue> member : members) {
      int id = member.getValue().integer(0, MAX_ID);
      if (taken.get(id)) {
        throw member.getValue().malformed("has the id " + id + ", which another piece has too");
      }
      taken.set(id);
      ids.put(member.getKey(), id);
    }
    if (ids.isEmpty()) {
      throw json.malformed("has no pieces");
    }
    return ids;
  }

  /** Reads the {@code added_tokens} of a tokenizer.json. */
  static List<AddedToken> readAddedTokens(JsonValue json, Map<String, Integer> modelIds)
      throws MalformedFileException {
    AddedTokens tokens = new AddedTokens(json.fileName(), modelIds);
    for (JsonValue element : json.elements()) {
      tokens.add(readAddedToken(element, element.required("id").integer(0, MAX_ID)));
    }
    return tokens.specialFirst();
  }

  /** Reads the token that an object with the usual members describes. */
  static AddedToken readAddedToken(JsonValue json, int id) throws MalformedFileException {
    Set<Trait> traits = EnumSet.noneOf(Trait.class);
    addTrait(json, "special", Trait.SPECIAL, traits);
    addTrait(json, "single_word", Trait.SINGLE_WORD, traits);
    addTrait(json, "lstrip", Trait.LSTRIP, traits);
    addTrait(json, "rstrip", Trait.RSTRIP, traits);
    addTrait(json, "normalized", Trait.NORMALIZED, traits);
    return new AddedToken(id, json.required("content").text(), traits);
  }

  private static void addTrait(JsonValue json, String name, Trait trait, Set<Trait> traits)
      throws MalformedFileException {
    if (json.flagOr(name, false)) {
      traits.add(trait);
    }
  }
}
