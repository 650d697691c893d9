// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The families of models that are understood. They share one forward pass; what distinguishes them
 * is data: which biases exist, and what Hugging Face's configuration classes assume where
 * config.json is silent.
 */
public enum Architecture {
  LLAMA("LlamaForCausalLM", "llama", new Defaults(32_000, 11_008, 0, 2_048, 0, 1, 2)),
  MISTRAL("MistralForCausalLM", "mistral", new Defaults(32_000, 14_336, 8, 131_072, 4_096, 1, 2)),
  QWEN2("Qwen2ForCausalLM", "qwen2", new Defaults(151_936, 22_016, 32, 32_768, 4_096, -1, -1));

  /**
   * Values of absent keys that differ between the families.
   *
   * @param kvHeads 0 for as many as query heads
   * @param window keys that a token sees; 0 for all
   * @param bosTokenId -1 for none
   * @param eosTokenId -1 for none
   */
  record Defaults(
      int vocabularySize,
      int intermediateSize,
      int kvHeads,
      int maxPositions,
      int window,
      int bosTokenId,
      int eosTokenId) {}

  private final String className;
  private final String modelType;

  @SuppressWarnings("ImmutableEnumChecker") // A record of ints.
  private final Defaults defaults;

  Architecture(String className, String modelType, Defaults defaults) {
    this.className = className;
    this.modelType = modelType;
    this.defaults = defaults;
  }

  /** The word in config.json's "architectures": LlamaForCausalLM. */
  public String className() {
    return className;
  }

  Defaults defaults() {
    return defaults;
  }

  static @Nullable Architecture byClassName(String className) {
    for (Architecture architecture : values()) {
      if (architecture.className.equals(className)) {
        return architecture;
      }
    }
    return null;
  }

  static @Nullable Architecture byModelType(String modelType) {
    for (Architecture architecture : values()) {
      if (architecture.modelType.equals(modelType)) {
        return architecture;
      }
    }
    return null;
  }

  /** All names, for messages. */
  static String supported() {
    return Arrays.stream(values()).map(Architecture::className).collect(Collectors.joining(", "));
  }
}
