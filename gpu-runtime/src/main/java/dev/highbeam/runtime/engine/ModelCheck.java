// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.json.MalformedFileException;
import dev.highbeam.runtime.model.ModelConfig;
import dev.highbeam.runtime.model.ModelFolder;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import dev.highbeam.runtime.tokenizer.Tokenizers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Finds out what is wrong with a configuration before any weight is read: what a launcher asks
 * first. Touches no device.
 */
public final class ModelCheck {

  private ModelCheck() {}

  /**
   * Opens the model's files and checks the configuration against them.
   *
   * @throws EngineException of kind CONFIGURATION, whose message is one sentence
   */
  public static ModelSummary check(EngineConfig config) {
    ModelFolder folder = ModelFolder.open(Path.of(config.model()));
    Tokenizer tokenizer = tokenizer(folder);
    ModelConfig model = folder.config();
    checkVocabulary(folder, tokenizer);
    // Before a device is known: what all but the oldest GPUs take by default.
    DType dtype = dtype(config, DType.BF16);
    DType kvType = kvType(config, dtype);
    return new ModelSummary(
        folder.name(),
        model.architecture().className(),
        model.layerCount(),
        model.hiddenSize(),
        model.vocabularySize(),
        maxModelLength(config, model),
        model.weightBytes(dtype),
        2L * model.layerCount() * model.kvWidth() * kvType.bytes(),
        folder.generation().sampling());
  }

  /**
   * The fingerprint that an engine of this configuration will have, see {@link
   * EngineInfo#modelFingerprint}. Reads every byte of the weights.
   *
   * @throws EngineException of kind CONFIGURATION, whose message is one sentence
   */
  public static String fingerprint(EngineConfig config) {
    return ModelFolder.open(Path.of(config.model())).fingerprint();
  }

  static Tokenizer tokenizer(ModelFolder folder) {
    try {
      return Tokenizers.load(folder.path());
    } catch (MalformedFileException e) {
      throw EngineException.configuration(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw EngineException.retryable("the tokenizer in " + folder.path() + " cannot be read", e);
    }
  }

  static void checkVocabulary(ModelFolder folder, Tokenizer tokenizer) {
    // Embedding tables are often padded above the tokenizer's size; the reverse cannot work.
    int rows = folder.config().vocabularySize();
    if (tokenizer.vocabularySize() > rows) {
      throw EngineException.configuration(
          String.format(
              Locale.ROOT,
              "the tokenizer of %s has %d tokens, but the model has embeddings for %d",
              folder.path(),
              tokenizer.vocabularySize(),
              rows));
    }
  }

  static int maxModelLength(EngineConfig config, ModelConfig model) {
    int asked = config.maxModelLength().orElse(model.maxPositions());
    if (asked > model.maxPositions()) {
      throw EngineException.configuration(
          String.format(
              Locale.ROOT,
              "max_model_len must be at most %d, what the model was made for, was %d",
              model.maxPositions(),
              asked));
    }
    return asked;
  }

  /** The type of weights and activations; auto is the backend's own choice. */
  static DType dtype(EngineConfig config, DType byDefault) {
    return typeOf(config.dtype(), byDefault);
  }

  /** The type of keys and values; auto follows the activations. */
  static DType kvType(EngineConfig config, DType dtype) {
    return typeOf(config.kvCacheDtype(), dtype);
  }

  /** The user's word for a type. */
  static String word(DType dtype) {
    return switch (dtype) {
      case F32 -> "float32";
      case BF16 -> "bfloat16";
      case F16 -> "float16";
      case FP8_E4M3 -> "fp8";
    };
  }

  private static DType typeOf(String word, DType byDefault) {
    for (DType dtype : DType.values()) {
      if (word(dtype).equals(word)) {
        return dtype;
      }
    }
    return byDefault;
  }
}
