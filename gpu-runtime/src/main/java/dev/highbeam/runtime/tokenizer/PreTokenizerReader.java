// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import dev.highbeam.runtime.json.JsonValue;
import dev.highbeam.runtime.json.MalformedFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads the {@code pre_tokenizer} of a tokenizer.json. What it does not know it refuses by name.
 */
final class PreTokenizerReader {
  private static final String SUPPORTED =
      "Sequence, Split, ByteLevel, Digits, Punctuation, Metaspace, Whitespace and WhitespaceSplit";

  private PreTokenizerReader() {}

  static PreTokenizer read(Optional<JsonValue> json) throws MalformedFileException {
    List<PreTokenizer> steps = new ArrayList<>();
    if (json.isPresent()) {
      addSteps(json.get(), steps);
    }
    return PreTokenizer.sequence(steps);
  }

  /** The steps of GPT-2, for folders that do not write them down. */
  static PreTokenizer gpt2(boolean blankInFront) {
    List<PreTokenizer> steps = new ArrayList<>();
    if (blankInFront) {
      steps.add(new RewriteStep(' ', RewriteStep.Prefix.ALWAYS));
    }
    steps.add(new SplitStep(new Gpt2Pattern(), SplitBehavior.ISOLATED));
    steps.add(new ByteLevelStep());
    return PreTokenizer.sequence(steps);
  }

  /** The steps of Qwen 2 and 3, for folders that do not write them down. */
  static PreTokenizer qwen2() {
    SplitPattern pattern = new LetterWordPattern(CharClass.LETTER, 1);
    return PreTokenizer.sequence(
        List.of(new SplitStep(pattern, SplitBehavior.ISOLATED), new ByteLevelStep()));
  }

  private static void addSteps(JsonValue json, List<PreTokenizer> steps)
      throws MalformedFileException {
    String type = json.required("type").text();
    switch (type) {
      case "Sequence" -> {
        for (JsonValue step : json.required("pretokenizers").elements()) {
          addSteps(step, steps);
        }
      }
      case "Split" -> steps.add(split(json));
      case "ByteLevel" -> addByteLevel(json, steps);
      case "Digits" -> steps.add(digits(json));
      case "Punctuation" -> steps.add(punctuation(json));
      case "Metaspace" -> addMetaspace(json, steps);
      case "Whitespace" ->
          steps.add(new SplitStep(new WordOrSymbolsPattern(), SplitBehavior.ONLY_MATCHES));
      case "WhitespaceSplit" ->
          steps.add(new SplitStep(one(CharClass.SPACE), SplitBehavior.REMOVED));
      default ->
          throw json.malformed(
              "has the type \"" + type + "\", which is not supported; supported are " + SUPPORTED);
    }
  }

  private static PreTokenizer digits(JsonValue json) throws MalformedFileException {
    boolean apart = json.flagOr("individual_digits", false);
    return new SplitStep(
        one(CharClass.NUMBER), apart ? SplitBehavior.ISOLATED : SplitBehavior.CONTIGUOUS);
  }

  private static PreTokenizer punctuation(JsonValue json) throws MalformedFileException {
    return new SplitStep(
        RunPattern.one(PreTokenizerReader::isPunctuation),
        behavior(json, json.textOr("behavior", "Isolated")));
  }

  private static SplitPattern one(int classes) {
    return RunPattern.one(SplitPatterns.isIn(classes));
  }

  private static PreTokenizer split(JsonValue json) throws MalformedFileException {
    JsonValue pattern = json.required("pattern");
    SplitBehavior behavior = behavior(json, json.required("behavior").text());
    if (json.flagOr("invert", false)) {
      behavior = inverted(json, behavior);
    }
    Optional<JsonValue> literal = pattern.member("String");
    if (literal.isPresent()) {
      String text = literal.get().text();
      if (text.isEmpty()) {
        throw literal.get().malformed("must not be empty");
      }
      return new SplitStep(new LiteralPattern(text), behavior);
    }
    String regex = pattern.required("Regex").text();
    Optional<SplitPattern> known = SplitPatterns.of(regex);
    if (known.isEmpty()) {
      throw pattern.malformed(
          "is the regular expression \"" + regex + "\", which is not one of the supported ones");
    }
    return new SplitStep(known.get(), behavior);
  }

  private static SplitBehavior behavior(JsonValue json, String name) throws MalformedFileException {
    return switch (name) {
      case "Removed" -> SplitBehavior.REMOVED;
      case "Isolated" -> SplitBehavior.ISOLATED;
      case "MergedWithPrevious" -> SplitBehavior.MERGED_WITH_PREVIOUS;
      case "MergedWithNext" -> SplitBehavior.MERGED_WITH_NEXT;
      case "Contiguous" -> SplitBehavior.CONTIGUOUS;
      default -> throw json.malformed("has the behavior \"" + name + "\", which is not known");
    };
  }

  /** The behavior with matches and gaps in each other's place. */
  private static SplitBehavior inverted(JsonValue json, SplitBehavior behavior)
      throws MalformedFileException {
    return switch (behavior) {
      case REMOVED -> SplitBehavior.ONLY_MATCHES;
      case ISOLATED, CONTIGUOUS -> behavior;
      case ONLY_MATCHES, MERGED_WITH_PREVIOUS, MERGED_WITH_NEXT ->
          throw json.malformed("joins \"invert\" with a merging behavior, which is not supported");
    };
  }

  private static void addByteLevel(JsonValue json, List<PreTokenizer> steps)
      throws MalformedFileException {
    if (json.flagOr("add_prefix_space", true)) {
      steps.add(new RewriteStep(' ', RewriteStep.Prefix.ALWAYS));
    }
    if (json.flagOr("use_regex", true)) {
      steps.add(new SplitStep(new Gpt2Pattern(), SplitBehavior.ISOLATED));
    }
    steps.add(new ByteLevelStep());
  }

  private static void addMetaspace(JsonValue json, List<PreTokenizer> steps)
      throws MalformedFileException {
    String marker = json.textOr("replacement", "▁");
    if (marker.length() != 1) {
      throw json.malformed("has the replacement \"" + marker + "\" where one character must be");
    }
    // Files from before prepend_scheme say the same with add_prefix_space.
    String legacy = json.flagOr("add_prefix_space", true) ? "always" : "never";
    steps.add(
        new RewriteStep(marker.charAt(0), prefix(json, json.textOr("prepend_scheme", legacy))));
    if (json.flagOr("split", true)) {
      steps.add(new SplitStep(new LiteralPattern(marker), SplitBehavior.MERGED_WITH_NEXT));
    }
  }

  private static RewriteStep.Prefix prefix(JsonValue json, String scheme)
      throws MalformedFileException {
    return switch (scheme) {
      case "always" -> RewriteStep.Prefix.ALWAYS;
      case "first" -> RewriteStep.Prefix.AT_TEXT_START;
      case "never" -> RewriteStep.Prefix.NEVER;
      default ->
          throw json.malformed("has the prepend_scheme \"" + scheme + "\", which is not known");
    };
  }

  /** ASCII counts its symbols ($, +, &lt;...) as punctuation too. */
  private static boolean isPunctuation(int c) {
    return CharClass.is(c, CharClass.PUNCTUATION)
        || (c < 0x80 && CharClass.is(c, CharClass.SYMBOL));
  }
}
