// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import dev.highbeam.runtime.json.JsonValue;
import dev.highbeam.runtime.json.MalformedFileException;
import dev.highbeam.runtime.tokenizer.AddedToken.Trait;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the added tokens of a folder without a tokenizer.json: in the {@code added_tokens_decoder}
 * of its tokenizer_config.json, which says everything, or else in added_tokens.json, with the names
 * in special_tokens_map.json and tokenizer_config.json telling which are special.
 */
final class FolderAddedTokens {
  private static final String END_OF_TEXT = "<|endoftext|>";

  /** The members of the configuration files that name special tokens. */
  private static final List<String> SPECIAL_NAMES =
      List.of("bos_token", "eos_token", "unk_token", "pad_token", "sep_token");

  private final TokenizerFolder folder;
  private final Map<String, Integer> pieces;
  private final AddedTokens tokens;

  private FolderAddedTokens(TokenizerFolder folder, Map<String, Integer> pieces) {
    this.folder = folder;
    this.pieces = pieces;
    this.tokens = new AddedTokens(folder.toString(), pieces);
  }

  static List<AddedToken> read(TokenizerFolder folder, Map<String, Integer> pieces)
      throws IOException {
    FolderAddedTokens reader = new FolderAddedTokens(folder, pieces);
    Optional<JsonValue> config = folder.jsonIfThere("tokenizer_config.json");
    Optional<JsonValue> decoder =
        config.isPresent() ? config.get().member("added_tokens_decoder") : Optional.empty();
    if (decoder.isPresent()) {
      reader.addDescribed(decoder.get());
    } else {
      reader.addNamed();
    }
    return reader.tokens.specialFirst();
  }

  private void addDescribed(JsonValue decoder) throws MalformedFileException {
    for (Map.Entry<String, JsonValue> token : decoder.members()) {
      JsonValue description = token.getValue();
      tokens.add(VocabularyReader.readAddedToken(description, id(token.getKey(), description)));
    }
  }

  private void addNamed() throws IOException {
    Set<String> special = specialNames();
    Map<String, Integer> ids = new LinkedHashMap<>();
    Optional<JsonValue> added = folder.jsonIfThere("added_tokens.json");
    if (added.isPresent()) {
      for (Map.Entry<String, JsonValue> token : added.get().members()) {
        ids.put(token.getKey(), token.getValue().integer(0, VocabularyReader.MAX_ID));
      }
    }
    for (String name : special) {
      Integer id = pieces.get(name);
      if (id != null) {
        ids.putIfAbsent(name, id);
      }
    }
    for (Map.Entry<String, Integer> token : ids.entrySet()) {
      boolean isSpecial = special.contains(token.getKey());
      Set<Trait> traits = Set.of(isSpecial ? Trait.SPECIAL : Trait.NORMALIZED);
      tokens.add(new AddedToken(token.getValue(), token.getKey(), traits));
    }
  }

  private Set<String> specialNames() throws IOException {
    Set<String> names = new LinkedHashSet<>();
    names.add(END_OF_TEXT);
    for (String file : List.of("tokenizer_config.json", "special_tokens_map.json")) {
      Optional<JsonValue> json = folder.jsonIfThere(file);
      if (json.isPresent()) {
        addSpecialNames(json.get(), names);
      }
    }
    return names;
  }

  private static void addSpecialNames(JsonValue json, Set<String> names)
      throws MalformedFileException {
    for (String name : SPECIAL_NAMES) {
      Optional<JsonValue> token = json.member(name);
      if (token.isPresent()) {
        names.add(content(token.get()));
      }
    }
    Optional<JsonValue> more = json.member("additional_special_tokens");
    if (more.isPresent()) {
      for (JsonValue token : more.get().elements()) {
        names.add(content(token));
      }
    }
  }

  private static String content(JsonValue token) throws MalformedFileException {
    return token.isText() ? token.text() : token.required("content").text();
  }

  private static int id(String name, JsonValue place) throws MalformedFileException {
    boolean isNumber = name.length() <= 7 && name.chars().allMatch(c -> c >= '0' && c <= '9');
    int id = isNumber && !name.isEmpty() ? Integer.parseInt(name) : -1;
    if (id < 0 || id > VocabularyReader.MAX_ID) {
      throw place.malformed("must be named by a token id");
    }
    return id;
  }
}
