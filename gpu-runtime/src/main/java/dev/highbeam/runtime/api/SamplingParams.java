// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The resolved sampling parameters of one request: a typed, validated view of {@link Settings}.
 * Immutable; equal settings give equal parameters and equal canonical text.
 */
public final class SamplingParams implements Serializable {

  /** Most alternatives that logprobs and prompt_logprobs may ask for. */
  public static final int MAX_LOGPROBS = 20;

  /** Greedy-free defaults: temperature 1, one sample, until the end of the sequence. */
  public static final SamplingParams DEFAULTS = of(Settings.none(SamplingSetting.class));

  private static final long serialVersionUID = 1L;

  private final Settings<SamplingSetting> settings;

  private SamplingParams(Settings<SamplingSetting> settings) {
    this.settings = settings;
  }

  /**
   * Resolves settings against the defaults.
   *
   * @throws InvalidSettingException if two settings contradict each other
   */
  public static SamplingParams of(Settings<SamplingSetting> settings) {
    SamplingParams params = new SamplingParams(settings);
    OptionalInt max = params.maxTokens();
    if (max.isPresent() && params.minTokens() > max.getAsInt()) {
      throw new InvalidSettingException(
          "min_tokens", params.minTokens(), "at most max_tokens (" + max.getAsInt() + ")");
    }
    return params;
  }

  public int n() {
    return integer(SamplingSetting.N);
  }

  public float temperature() {
    return number(SamplingSetting.TEMPERATURE);
  }

  public boolean isGreedy() {
    return temperature() == 0;
  }

  public float topP() {
    return number(SamplingSetting.TOP_P);
  }

  /** The k most likely tokens that stay; 0 keeps all. */
  public int topK() {
    return Math.max(0, integer(SamplingSetting.TOP_K));
  }

  public float minP() {
    return number(SamplingSetting.MIN_P);
  }

  public OptionalLong seed() {
    Object value = settings.get(SamplingSetting.SEED);
    return value == null ? OptionalLong.empty() : OptionalLong.of((Long) value);
  }

  public OptionalInt maxTokens() {
    return optional(SamplingSetting.MAX_TOKENS);
  }

  public int minTokens() {
    return integer(SamplingSetting.MIN_TOKENS);
  }

  @SuppressWarnings("unchecked") // The setting's parser made this list.
  public List<String> stop() {
    return (List<String>) settings.require(SamplingSetting.STOP);
  }

  @SuppressWarnings("unchecked") // The setting's parser made this list.
  public List<Integer> stopTokenIds() {
    return (List<Integer>) settings.require(SamplingSetting.STOP_TOKEN_IDS);
  }

  public boolean ignoreEos() {
    return bool(SamplingSetting.IGNORE_EOS);
  }

  public boolean includeStopStringInOutput() {
    return bool(SamplingSetting.INCLUDE_STOP_STR_IN_OUTPUT);
  }

  public boolean skipSpecialTokens() {
    return bool(SamplingSetting.SKIP_SPECIAL_TOKENS);
  }

  /** Alternatives per generated token (0 means the token's own log-probability only). */
  public OptionalInt logprobs() {
    return optional(SamplingSetting.LOGPROBS);
  }

  /** Alternatives per prompt token (0 means the token's own log-probability only). */
  public OptionalInt promptLogprobs() {
    return optional(SamplingSetting.PROMPT_LOGPROBS);
  }

  public float repetitionPenalty() {
    return number(SamplingSetting.REPETITION_PENALTY);
  }

  public float presencePenalty() {
    return number(SamplingSetting.PRESENCE_PENALTY);
  }

  public float frequencyPenalty() {
    return number(SamplingSetting.FREQUENCY_PENALTY);
  }

  @SuppressWarnings("unchecked") // The setting's parser made this map, ordered by token id.
  public Map<Integer, Float> logitBias() {
    return (Map<Integer, Float>) settings.require(SamplingSetting.LOGIT_BIAS);
  }

  /** When a sample counts as caught in a loop and ends; empty for never. */
  @SuppressWarnings("unchecked") // The setting's parser made this map.
  public Optional<RepetitionDetection> repetitionDetection() {
    Map<String, Integer> members =
        (Map<String, Integer>) settings.require(SamplingSetting.REPETITION_DETECTION);
    return members.isEmpty() ? Optional.empty() : Optional.of(RepetitionDetection.of(members));
  }

  /** These parameters with the seed fixed. */
  public SamplingParams withSeed(long seed) {
    return new SamplingParams(settings.with(SamplingSetting.SEED, seed));
  }

  public Settings<SamplingSetting> settings() {
    return settings;
  }

  /**
   * All effective values as one line, the same for equal parameters whichever layer set them; part
   * of a request's fingerprint.
   */
  public String canonicalText() {
    StringBuilder text = new StringBuilder();
    for (SamplingSetting setting : SamplingSetting.values()) {
      if (setting == SamplingSetting.REPETITION_DETECTION && repetitionDetection().isEmpty()) {
        continue; // Came later: who does not use it keeps fingerprints and derived seeds.
      }
      text.append(setting.settingName()).append('=').append(settings.get(setting)).append(';');
    }
    return text.toString();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SamplingParams that && canonicalText().equals(that.canonicalText());
  }

  @Override
  public int hashCode() {
    return canonicalText().hashCode();
  }

  @Override
  public String toString() {
    return canonicalText();
  }

  private int integer(SamplingSetting setting) {
    return (Integer) settings.require(setting);
  }

  private float number(SamplingSetting setting) {
    return (Float) settings.require(setting);
  }

  private boolean bool(SamplingSetting setting) {
    return (Boolean) settings.require(setting);
  }

  private OptionalInt optional(SamplingSetting setting) {
    Object value = settings.get(setting);
    return value == null ? OptionalInt.empty() : OptionalInt.of((Integer) value);
  }
}
