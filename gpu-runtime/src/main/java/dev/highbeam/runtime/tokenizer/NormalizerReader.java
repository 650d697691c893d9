// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import dev.highbeam.runtime.json.JsonValue;
import dev.highbeam.runtime.json.MalformedFileException;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the {@code normalizer} of a tokenizer.json. What it does not know it refuses by name. */
final class NormalizerReader {
  private static final String SUPPORTED =
      "Sequence, NFC, NFD, NFKC, NFKD, Lowercase, Prepend, Replace and Strip";

  private NormalizerReader() {}

  static Normalizer read(Optional<JsonValue> json) throws MalformedFileException {
    List<Normalizer> steps = new ArrayList<>();
    if (json.isPresent()) {
      addSteps(json.get(), steps);
    }
    return Normalizer.sequence(steps);
  }

  private static void addSteps(JsonValue json, List<Normalizer> steps)
      throws MalformedFileException {
    String type = json.required("type").text();
    switch (type) {
      case "Sequence":
        for (JsonValue step : json.required("normalizers").elements()) {
          addSteps(step, steps);
        }
        break;
      case "NFC":
        steps.add(Normalizer.NFC);
        break;
      case "NFD":
        steps.add(Normalizer.unicodeForm(Form.NFD));
        break;
      case "NFKC":
        steps.add(Normalizer.unicodeForm(Form.NFKC));
        break;
      case "NFKD":
        steps.add(Normalizer.unicodeForm(Form.NFKD));
        break;
      case "Lowercase":
        steps.add(NormalizerReader::lowercase);
        break;
      case "Prepend":
        String prefix = json.required("prepend").text();
        steps.add(text -> text.isEmpty() ? text : prefix + text);
        break;
      case "Replace":
        steps.add(replace(json));
        break;
      case "Strip":
        steps.add(strip(json));
        break;
      default:
        throw json.malformed(
            "has the type \"" + type + "\", which is not supported; supported are " + SUPPORTED);
    }
  }

  /** Character by character: the rule for a final sigma belongs to words, not to this step. */
  private static String lowercase(String text) {
    StringBuilder lower = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              if (c == 0x130) {
                // The only letter whose lower case is two characters.
                lower.append("i\u0307");
              } else {
                lower.appendCodePoint(Character.toLowerCase(c));
              }
            });
    return lower.toString();
  }

  private static Normalizer replace(JsonValue json) throws MalformedFileException {
    JsonValue pattern = json.required("pattern");
    String content = json.required("content").text();
    if (pattern.member("String").isEmpty()) {
      throw pattern.malformed("must be a \"String\"; a regular expression is not supported here");
    }
    String literal = pattern.required("String").text();
    if (literal.isEmpty()) {
      throw pattern.malformed("must not be empty");
    }
    return text -> text.replace(literal, content);
  }

  private static Normalizer strip(JsonValue json) throws MalformedFileException {
    boolean left = json.flagOr("strip_left", true);
    boolean right = json.flagOr("strip_right", true);
    return text -> {
      int start = left ? Runs.end(text, 0, text.length(), CharClass.SPACE) : 0;
      int end = text.length();
      while (right && end > start && CharClass.is(text.charAt(end - 1), CharClass.SPACE)) {
        end--;
      }
      return text.substring(start, end);
    };
  }
}
