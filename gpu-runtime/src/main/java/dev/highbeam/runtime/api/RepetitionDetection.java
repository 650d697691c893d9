// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * When a sample counts as caught in a loop: its last tokens are one pattern, minCount times in a
 * row. Names and meaning are vLLM's.
 *
 * @param maxPatternSize most tokens of the pattern, 1 to 128
 * @param minPatternSize least tokens of the pattern, from 1
 * @param minCount times that the pattern stands in a row, from 2
 */
public record RepetitionDetection(int maxPatternSize, int minPatternSize, int minCount) {

  private static final String MAX_PATTERN_SIZE = "max_pattern_size";
  private static final String MIN_PATTERN_SIZE = "min_pattern_size";
  private static final String MIN_COUNT = "min_count";
  private static final int LARGEST_PATTERN = 128;
  private static final Set<String> MEMBERS = Set.of(MAX_PATTERN_SIZE, MIN_PATTERN_SIZE, MIN_COUNT);

  /**
   * Reads the setting: an empty map, or one without patterns, switches the detection off and gives
   * an empty map; any other gives all three members.
   */
  static Object parse(String name, Object raw) {
    String allowed =
        "a map with max_pattern_size (0 to "
            + LARGEST_PATTERN
            + ", 0 for off), min_pattern_size"
            + " (at most that, 1 if unset) and min_count (from 2)";
    if (!(raw instanceof Map<?, ?> map) || !MEMBERS.containsAll(map.keySet())) {
      throw new InvalidSettingException(name, raw, allowed);
    }
    int max = member(name, map, MAX_PATTERN_SIZE);
    int min = Math.max(1, member(name, map, MIN_PATTERN_SIZE));
    int count = member(name, map, MIN_COUNT);
    if (max == 0 && count == 0) {
      return Map.of();
    }
    if (max > LARGEST_PATTERN || min > max || count < 2) {
      throw new InvalidSettingException(name, raw, allowed);
    }
    TreeMap<String, Integer> members = new TreeMap<>();
    members.put(MAX_PATTERN_SIZE, max);
    members.put(MIN_PATTERN_SIZE, min);
    members.put(MIN_COUNT, count);
    return Collections.unmodifiableMap(members);
  }

  private static int member(String name, Map<?, ?> map, String member) {
    Object value = map.get(member);
    return value == null
        ? 0
        : (Integer) SettingParser.integer(name + "." + member, value, 0, Integer.MAX_VALUE);
  }

  /** What {@link #parse} gave, which is not empty. */
  static RepetitionDetection of(Map<String, Integer> members) {
    return new RepetitionDetection(
        members.getOrDefault(MAX_PATTERN_SIZE, 0),
        members.getOrDefault(MIN_PATTERN_SIZE, 0),
        members.getOrDefault(MIN_COUNT, 0));
  }
}
