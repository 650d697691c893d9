// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import dev.highbeam.runtime.json.JsonValue;
import dev.highbeam.runtime.json.MalformedFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Members of a model's JSON files, each with its default and its range. */
final class ConfigMembers {

  private static final int MAX_TOKEN_IDS = 64;

  private ConfigMembers() {}

  /** One id, a list of ids, or none; absentId -1 stands for none. */
  static List<Integer> tokenIds(JsonValue json, String key, int absentId, int vocabulary)
      throws MalformedFileException {
    Optional<JsonValue> member = json.member(key);
    if (member.isEmpty()) {
      boolean none = absentId < 0 || absentId >= vocabulary || isExplicitNull(json, key);
      return none ? List.of() : List.of(absentId);
    }
    List<JsonValue> values =
        member.get().isList() ? member.get().elements() : List.of(member.get());
    if (values.size() > MAX_TOKEN_IDS) {
      throw member.get().malformed("must have at most " + MAX_TOKEN_IDS + " token ids");
    }
    List<Integer> ids = new ArrayList<>();
    for (JsonValue value : values) {
      ids.add(value.integer(0, vocabulary - 1));
    }
    return List.copyOf(ids);
  }

  /** The whole number of that name, or the given one where it is absent. */
  static int integer(JsonValue json, String key, int absent, int min, int max)
      throws MalformedFileException {
    Optional<JsonValue> member = json.member(key);
    return member.isPresent() ? member.get().integer(min, max) : absent;
  }

  /** The number of that name, or the given one where it is absent. */
  static double number(JsonValue json, String key, double absent, double min, double max)
      throws MalformedFileException {
    Optional<JsonValue> member = json.member(key);
    if (member.isEmpty()) {
      return absent;
    }
    double value = member.get().number();
    if (!(value >= min && value <= max)) {
      throw member.get().malformed("must be from " + min + " to " + max + ", was " + value);
    }
    return value;
  }

  /** Where null says "none" and absence says "the default". */
  static boolean isExplicitNull(JsonValue json, String key) throws MalformedFileException {
    if (json.member(key).isPresent()) {
      return false;
    }
    for (Map.Entry<String, JsonValue> member : json.members()) {
      if (member.getKey().equals(key)) {
        return true;
      }
    }
    return false;
  }
}
