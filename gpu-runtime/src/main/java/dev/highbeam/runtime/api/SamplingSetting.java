// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Everything a user may say about sampling, with vLLM's and OpenAI's names and meanings. One
 * difference is deliberate: max_tokens has no silent default of 16; unset means until the end of
 * the sequence or the context.
 */
public enum SamplingSetting implements Setting {
  N("n", 1, "Samples per request, 1 to 128.", (k, v) -> SettingParser.integer(k, v, 1, 128)),
  TEMPERATURE(
      "temperature",
      1.0f,
      "Divides the logits before sampling, 0 to 100; 0 is greedy.",
      (k, v) -> SettingParser.number(k, v, 0, false, 100)),
  TOP_P(
      "top_p",
      1.0f,
      "Keeps the most likely tokens up to this share of probability, above 0 to 1.",
      (k, v) -> SettingParser.number(k, v, 0, true, 1)),
  TOP_K(
      "top_k",
      0,
      "Keeps the k most likely tokens; 0 or -1 keeps all.",
      (k, v) -> SettingParser.integer(k, v, -1, Integer.MAX_VALUE)),
  MIN_P(
      "min_p",
      0.0f,
      "Drops tokens less likely than this share of the likeliest one, 0 to 1.",
      (k, v) -> SettingParser.number(k, v, 0, false, 1)),
  SEED(
      "seed",
      null,
      "Seed of the request's draws, any 64-bit number; unset derives one from the job's seed and the"
          + " request's content.",
      SettingParser::longInteger),
  MAX_TOKENS(
      "max_tokens",
      null,
      "Most tokens to generate, at least 1; unset means until the end or the context length.",
      (k, v) -> SettingParser.integer(k, v, 1, Integer.MAX_VALUE)),
  MIN_TOKENS(
      "min_tokens",
      0,
      "Tokens to generate before an end or stop token may come.",
      (k, v) -> SettingParser.integer(k, v, 0, Integer.MAX_VALUE)),
  STOP(
      "stop",
      List.of(),
      "Text or up to 16 texts that end the generation.",
      (k, v) -> SettingParser.texts(k, v, 16)),
  STOP_TOKEN_IDS(
      "stop_token_ids",
      List.of(),
      "Token ids that end the generation, up to 64.",
      (k, v) -> SettingParser.tokenIds(k, v, 64)),
  IGNORE_EOS("ignore_eos", false, "Goes on after the end-of-sequence token.", SettingParser::bool),
  INCLUDE_STOP_STR_IN_OUTPUT(
      "include_stop_str_in_output",
      false,
      "Keeps the stop text at the end of the generated text.",
      SettingParser::bool),
  SKIP_SPECIAL_TOKENS(
      "skip_special_tokens",
      true,
      "Leaves special tokens out of the generated text.",
      SettingParser::bool),
  LOGPROBS(
      "logprobs",
      null,
      "Log-probabilities of generated tokens with this many alternatives, 0 to 20; unset gives"
          + " none.",
      (k, v) -> SettingParser.integer(k, v, 0, SamplingParams.MAX_LOGPROBS)),
  PROMPT_LOGPROBS(
      "prompt_logprobs",
      null,
      "Log-probabilities of prompt tokens with this many alternatives, 0 to 20; unset gives none.",
      (k, v) -> SettingParser.integer(k, v, 0, SamplingParams.MAX_LOGPROBS)),
  REPETITION_PENALTY(
      "repetition_penalty",
      1.0f,
      "Divides (above 0) or multiplies (below 0) logits of tokens seen in prompt or output, above 0"
          + " to 100.",
      (k, v) -> SettingParser.number(k, v, 0, true, 100)),
  PRESENCE_PENALTY(
      "presence_penalty",
      0.0f,
      "Subtracted from logits of tokens already generated, -2 to 2.",
      (k, v) -> SettingParser.number(k, v, -2, false, 2)),
  FREQUENCY_PENALTY(
      "frequency_penalty",
      0.0f,
      "Subtracted once for each time a token was generated, -2 to 2.",
      (k, v) -> SettingParser.number(k, v, -2, false, 2)),
  LOGIT_BIAS(
      "logit_bias",
      Map.of(),
      "Map of up to 300 token ids to numbers from -100 to 100 added to their logits.",
      (k, v) -> SettingParser.biases(k, v, 300)),
  REPETITION_DETECTION(
      "repetition_detection",
      Map.of(),
      "Ends a sample with finish_reason repetition once a pattern of min_pattern_size to"
          + " max_pattern_size tokens stands min_count times in a row, such as"
          + " {\"max_pattern_size\": 8, \"min_count\": 10}; empty is off.",
      RepetitionDetection::parse);

  @SuppressWarnings("ImmutableEnumChecker") // Defaults never change and parsers have no state.
  private final SettingDefinition definition;

  SamplingSetting(
      String name,
      @Nullable Object defaultValue,
      String description,
      BiFunction<String, Object, Object> parser) {
    definition = new SettingDefinition(name, defaultValue, description, parser);
  }

  @Override
  public SettingDefinition definition() {
    return definition;
  }
}
