// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.RopeSpec;
import dev.highbeam.runtime.json.JsonFile;
import dev.highbeam.runtime.json.JsonValue;
import dev.highbeam.runtime.json.MalformedFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads config.json. An absent key has the value that Hugging Face's configuration class gives it;
 * a key that changes the forward pass in a way that is not supported is refused by name.
 */
final class ConfigReader {

  private static final long MAX_FILE_BYTES = 16L << 20;
  private static final int MAX_VOCABULARY = 1 << 22;
  private static final int MAX_WIDTH = 1 << 17;
  private static final int MAX_INTERMEDIATE = 1 << 20;
  private static final int MAX_LAYERS = 1024;
  private static final int MAX_HEADS = 1024;
  private static final int MAX_HEAD_DIM = 1024;
  private static final int MAX_POSITIONS = 1 << 24;
  private static final int MAX_END_TOKENS = 64;

  private final JsonValue json;
  private final Architecture architecture;

  private ConfigReader(JsonValue json, Architecture architecture) {
    this.json = json;
    this.architecture = architecture;
  }

  static ModelConfig read(Path file) {
    FileProblems.requireRegular(file);
    try {
      JsonValue json = JsonFile.read(file, MAX_FILE_BYTES);
      return new ConfigReader(json, architecture(json)).config();
    } catch (IOException e) {
      throw FileProblems.asEngineException(file, e);
    }
  }

  private ModelConfig config() throws MalformedFileException {
    if (json.member("quantization_config").isPresent()) {
      throw json.malformed("describes quantised weights, which are not supported");
    }
    Architecture.Defaults absent = architecture.defaults();
    int vocabulary = integer(json, "vocab_size", absent.vocabularySize(), 1, MAX_VOCABULARY);
    int hidden = integer(json, "hidden_size", 4096, 1, MAX_WIDTH);
    int layers = integer(json, "num_hidden_layers", 32, 1, MAX_LAYERS);
    int positions =
        integer(json, "max_position_embeddings", absent.maxPositions(), 1, MAX_POSITIONS);
    AttentionSpec attention = attention(hidden);
    RopeSpec rope = RopeScaling.read(json, attention.headDim(), positions);
    return new ModelConfig(
        architecture,
        vocabulary,
        hidden,
        integer(json, "intermediate_size", absent.intermediateSize(), 1, MAX_INTERMEDIATE),
        attention,
        windows(layers),
        rope,
        (float) number(json, "rms_norm_eps", 1e-6, Float.MIN_NORMAL, 0.1),
        biases(),
        activation(),
        json.flagOr("tie_word_embeddings", false),
        positions,
        checkpointType(),
        tokenIds(json, "bos_token_id", absent.bosTokenId(), vocabulary),
        tokenIds(json, "eos_token_id", absent.eosTokenId(), vocabulary));
  }

  private static Architecture architecture(JsonValue json) throws MalformedFileException {
    Architecture found;
    String name;
    Optional<JsonValue> classes = json.member("architectures");
    if (classes.isPresent() && !classes.get().elements().isEmpty()) {
      name = classes.get().elements().get(0).text();
      found = Architecture.byClassName(name);
    } else {
      name = json.textOr("model_type", "");
      found = Architecture.byModelType(name);
    }
    if (found == null) {
      throw json.malformed(
          "describes the architecture "
              + FileProblems.quoted(name)
              + "; supported are "
              + Architecture.supported());
    }
    return found;
  }

  private AttentionSpec attention(int hidden) throws MalformedFileException {
    int heads = integer(json, "num_attention_heads", 32, 1, MAX_HEADS);
    int absentKvHeads = architecture.defaults().kvHeads();
    if (absentKvHeads == 0 || isExplicitNull("num_key_value_heads")) {
      absentKvHeads = heads;
    }
    int kvHeads = integer(json, "num_key_value_heads", absentKvHeads, 1, MAX_HEADS);
    if (heads % kvHeads != 0) {
      throw json.malformed(
          "has "
              + heads
              + " attention heads, which is no multiple of its "
              + kvHeads
              + " key-value heads");
    }
    if (json.member("head_dim").isEmpty() && hidden % heads != 0) {
      throw json.malformed(
          "has a hidden_size of " + hidden + ", which " + heads + " heads cannot share");
    }
    int headDim = integer(json, "head_dim", hidden / heads, 2, MAX_HEAD_DIM);
    if (headDim % 2 != 0 || headDim > MAX_HEAD_DIM) {
      throw json.malformed(
          "has a head dimension of " + headDim + ", must be even and at most " + MAX_HEAD_DIM);
    }
    return new AttentionSpec(heads, kvHeads, headDim, (float) (1 / Math.sqrt(headDim)), 0, 0);
  }

  /** One window per layer. Llama has none; Mistral's holds everywhere; Qwen2 may mix. */
  private List<Integer> windows(int layers) throws MalformedFileException {
    int absent = isExplicitNull("sliding_window") ? 0 : architecture.defaults().window();
    int window = integer(json, "sliding_window", absent, 0, MAX_POSITIONS);
    return switch (architecture) {
      case LLAMA -> Collections.nCopies(layers, 0);
      case MISTRAL -> Collections.nCopies(layers, window);
      case QWEN2 ->
          json.flagOr("use_sliding_window", false)
              ? mixedWindows(layers, window)
              : Collections.nCopies(layers, 0);
    };
  }

  /** Newer files list the kind of each layer; in older ones the upper layers slide. */
  private List<Integer> mixedWindows(int layers, int window) throws MalformedFileException {
    List<Integer> windows = new ArrayList<>();
    Optional<JsonValue> listed = json.member("layer_types");
    if (listed.isEmpty()) {
      int firstSliding = integer(json, "max_window_layers", 28, 0, MAX_LAYERS);
      for (int layer = 0; layer < layers; layer++) {
        windows.add(layer < firstSliding ? 0 : window);
      }
      return List.copyOf(windows);
    }
    for (JsonValue type : listed.get().elements()) {
      switch (type.text()) {
        case "full_attention" -> windows.add(0);
        case "sliding_attention" -> windows.add(window);
        default -> throw type.malformed("must be full_attention or sliding_attention");
      }
    }
    if (windows.size() != layers) {
      throw listed.get().malformed("must list " + layers + " layers, was " + windows.size());
    }
    return List.copyOf(windows);
  }

  private ModelConfig.Biases biases() throws MalformedFileException {
    return switch (architecture) {
      case LLAMA -> {
        boolean attention = json.flagOr("attention_bias", false);
        yield new ModelConfig.Biases(attention, attention, json.flagOr("mlp_bias", false));
      }
      case MISTRAL -> new ModelConfig.Biases(false, false, false);
      case QWEN2 -> new ModelConfig.Biases(true, false, false);
    };
  }

  private Epilogue activation() throws MalformedFileException {
    String name = json.textOr("hidden_act", "silu");
    return switch (name) {
      case "silu", "swish" -> Epilogue.GATED_SILU;
      case "gelu_pytorch_tanh" -> Epilogue.GATED_GELU_TANH;
      default ->
          throw json.malformed(
              "has the hidden_act "
                  + FileProblems.quoted(name)
                  + "; supported are silu and gelu_pytorch_tanh");
    };
  }

  private @Nullable DType checkpointType() throws MalformedFileException {
    return switch (json.textOr("dtype", json.textOr("torch_dtype", ""))) {
      case "float32" -> DType.F32;
      case "bfloat16" -> DType.BF16;
      case "float16" -> DType.F16;
      default -> null; // Each tensor says its type itself; this one is for people.
    };
  }

  /** One id, a list of ids, or none; absentId -1 stands for none. */
  static List<Integer> tokenIds(JsonValue json, String key, int absentId, int vocabulary)
      throws MalformedFileException {
    Optional<JsonValue> member = json.member(key);
    if (member.isEmpty()) {
      boolean none = absentId < 0 || absentId >= vocabulary || isExplicitNull(json, key);
      return none ? List.of() : List.of(absentId);
    }
    List<JsonValue> values =
        member.get().isList() ? member.get().elements() : List.of(member.get());
    if (values.size() > MAX_END_TOKENS) {
      throw member.get().malformed("must have at most " + MAX_END_TOKENS + " token ids");
    }
    List<Integer> ids = new ArrayList<>();
    for (JsonValue value : values) {
      ids.add(value.integer(0, vocabulary - 1));
    }
    return List.copyOf(ids);
  }

  static int integer(JsonValue json, String key, int absent, int min, int max)
      throws MalformedFileException {
    Optional<JsonValue> member = json.member(key);
    return member.isPresent() ? member.get().integer(min, max) : absent;
  }

  static double number(JsonValue json, String key, double absent, double min, double max)
      throws MalformedFileException {
    Optional<JsonValue> member = json.member(key);
    if (member.isEmpty()) {
      return absent;
    }
    double value = member.get().number();
    if (!(value >= min && value <= max)) {
      throw member.get().malformed("must be from " + min + " to " + max + ", was " + value);
    }
    return value;
  }

  private boolean isExplicitNull(String key) throws MalformedFileException {
    return isExplicitNull(json, key);
  }

  /** Where null says "none" and absence says "the default". */
  private static boolean isExplicitNull(JsonValue json, String key) throws MalformedFileException {
    if (json.member(key).isPresent()) {
      return false;
    }
    for (Map.Entry<String, JsonValue> member : json.members()) {
      if (member.getKey().equals(key)) {
        return true;
      }
    }
    return false;
  }
}
