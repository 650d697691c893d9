// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import dev.highbeam.runtime.json.JsonValue;
import dev.highbeam.runtime.json.MalformedFileException;
import java.util.List;

/** A text that is replaced by another wherever it occurs. */
record Replacement(String literal, String content) {
  /** A text may become longer by so much; real tokenizers write three chars for one at most. */
  private static final int MAX_GROWTH = 64;

  String apply(String text) {
    return text.replace(literal, content);
  }

  /** Reads a component of the type Replace. */
  static Replacement read(JsonValue json) throws MalformedFileException {
    JsonValue pattern = json.required("pattern");
    if (pattern.member("String").isEmpty()) {
      throw pattern.malformed("must be a \"String\"; a regular expression is not supported here");
    }
    String literal = pattern.required("String").text();
    if (literal.isEmpty()) {
      throw pattern.malformed("must not be empty");
    }
    return new Replacement(literal, json.required("content").text());
  }

  /** Refuses replacements that together blow a text up, before a text meets them. */
  static void checkGrowth(JsonValue json, List<Replacement> replacements)
      throws MalformedFileException {
    double growth = 1;
    for (Replacement step : replacements) {
      growth *= Math.max(1.0, (double) step.content.length() / step.literal.length());
    }
    if (growth > MAX_GROWTH) {
      throw json.malformed("makes a text more than " + MAX_GROWTH + " times as long");
    }
  }
}
