// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import dev.highbeam.runtime.json.MalformedFileException;
import dev.highbeam.runtime.tokenizer.AddedToken.Trait;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Collects the added tokens of a folder while it is read, and refuses one that takes another
 * piece's id or gives a piece a second one: which of the two a model means could only be guessed.
 */
final class AddedTokens {
  private static final int MAX_COUNT = 1 << 16;
  private static final int MAX_CHARS = 1024;

  private final String fileName;
  private final Map<String, Integer> modelIds;
  private final Set<Integer> takenIds;
  private final Set<String> contents = new HashSet<>();
  private final List<AddedToken> special = new ArrayList<>();
  private final List<AddedToken> plain = new ArrayList<>();

  /**
   * @param fileName the file to name in messages
   * @param modelIds the pieces that the model has of itself
   */
  AddedTokens(String fileName, Map<String, Integer> modelIds) {
    this.fileName = fileName;
    this.modelIds = modelIds;
    this.takenIds = new HashSet<>(modelIds.values());
  }

  /** Adds a token; one without text, or with a text that is there already, changes nothing. */
  void add(AddedToken token) throws MalformedFileException {
    String content = token.content();
    if (content.isEmpty() || !contents.add(content)) {
      return;
    }
    if (content.length() > MAX_CHARS) {
      throw malformed(token, "has " + content.length() + " characters, at most " + MAX_CHARS);
    }
    if (contents.size() > MAX_COUNT) {
      throw malformed(token, "is one too many, at most " + MAX_COUNT + " are accepted");
    }
    Integer modelId = modelIds.get(content);
    if (modelId != null && modelId != token.id()) {
      throw malformed(token, "has id " + token.id() + ", but the vocabulary gives it " + modelId);
    }
    if (modelId == null && !takenIds.add(token.id())) {
      throw malformed(token, "has id " + token.id() + ", which another piece has already");
    }
    (token.is(Trait.SPECIAL) ? special : plain).add(token);
  }

  /** All of them, special ones first: where two look the same, the first is found. */
  List<AddedToken> specialFirst() {
    List<AddedToken> all = new ArrayList<>(special);
    all.addAll(plain);
    return all;
  }

  private MalformedFileException malformed(AddedToken token, String problem) {
    String content = token.content();
    String shown = content.length() <= MAX_CHARS ? content : content.substring(0, 40) + "...";
    return new MalformedFileException(fileName, "the added token \"" + shown + "\" " + problem);
  }
}
