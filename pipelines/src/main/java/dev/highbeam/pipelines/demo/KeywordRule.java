// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

/**
 * The rule that a model has to beat: the label whose words occur most often in the message, whole
 * words only and in any case; the label listed first wins a tie, and without a hit it is the
 * default.
 */
final class KeywordRule {

  private final Map<String, List<Pattern>> wordsByLabel;
  private final String fallback;

  private KeywordRule(Map<String, List<Pattern>> wordsByLabel, String fallback) {
    this.wordsByLabel = wordsByLabel;
    this.fallback = fallback;
  }

  /** A rule as keywords.json has it: {@code {"labels": {LABEL: [WORD, ...]}, "default": LABEL}}. */
  static KeywordRule of(JsonNode rule) {
    Map<String, List<Pattern>> words = new LinkedHashMap<>();
    rule.get("labels")
        .properties()
        .forEach(
            label ->
                words.put(
                    label.getKey(),
                    StreamSupport.stream(label.getValue().spliterator(), false)
                        .map(word -> wholeWord(word.asText()))
                        .toList()));
    return new KeywordRule(words, rule.get("default").asText());
  }

  private static Pattern wholeWord(String word) {
    return Pattern.compile(
        "(?<!\\w)" + Pattern.quote(word) + "(?!\\w)", Pattern.UNICODE_CHARACTER_CLASS);
  }

  String label(String message) {
    String text = message.toLowerCase(Locale.ROOT);
    String best = fallback;
    long bestHits = 0;
    for (Map.Entry<String, List<Pattern>> label : wordsByLabel.entrySet()) {
      long hits = label.getValue().stream().mapToLong(p -> p.matcher(text).results().count()).sum();
      if (hits > bestHits) {
        bestHits = hits;
        best = label.getKey();
      }
    }
    return best;
  }
}
