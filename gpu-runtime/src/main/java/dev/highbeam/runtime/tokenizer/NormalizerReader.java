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

  private static final int MAX_PREFIX_CHARS = 64;

  private final List<Normalizer> steps = new ArrayList<>();
  private final List<Replacement> replacements = new ArrayList<>();

  private NormalizerReader() {}

  static Normalizer read(Optional<JsonValue> json) throws MalformedFileException {
    NormalizerReader reader = new NormalizerReader();
    if (json.isPresent()) {
      reader.addSteps(json.get());
      Replacement.checkGrowth(json.get(), reader.replacements);
    }
    return Normalizer.sequence(reader.steps);
  }

  private void addSteps(JsonValue json) throws MalformedFileException {
    String type = json.required("type").text();
    switch (type) {
      case "Sequence" -> {
        for (JsonValue step : json.required("normalizers").elements()) {
          addSteps(step);
        }
      }
      case "NFC" -> steps.add(Normalizer.NFC);
      case "NFD" -> steps.add(Normalizer.unicodeForm(Form.NFD));
      case "NFKC" -> steps.add(Normalizer.unicodeForm(Form.NFKC));
      case "NFKD" -> steps.add(Normalizer.unicodeForm(Form.NFKD));
      case "Lowercase" -> steps.add(NormalizerReader::lowercase);
      case "Prepend" -> steps.add(prepend(json));
      case "Replace" -> addReplace(json);
      case "Strip" -> steps.add(strip(json));
      default ->
          throw json.malformed(
              "has the type \"" + type + "\", which is not supported; supported are " + SUPPORTED);
    }
  }

  private void addReplace(JsonValue json) throws MalformedFileException {
    Replacement replacement = Replacement.read(json);
    replacements.add(replacement);
    steps.add(replacement::apply);
  }

  private static Normalizer prepend(JsonValue json) throws MalformedFileException {
    String prefix = json.required("prepend").text();
    if (prefix.length() > MAX_PREFIX_CHARS) {
      throw json.malformed("prepends more than " + MAX_PREFIX_CHARS + " characters");
    }
    return text -> text.isEmpty() ? text : prefix + text;
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
