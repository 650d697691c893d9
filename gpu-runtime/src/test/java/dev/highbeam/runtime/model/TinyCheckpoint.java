// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.highbeam.runtime.backend.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Writes a small model folder with seeded random weights: config.json, generation_config.json,
 * safetensors (one file or shards) and a tokenizer.json with one token per byte. For tests that
 * need a real folder and no trained model; the same calls give the same bytes.
 *
 * <p>Ids: 0 {@code <unk>}, 1 {@code <s>}, 2 {@code </s>} (the end of sequence), 3 + b the byte b.
 */
public final class TinyCheckpoint {

  private static final int VOCABULARY = 3 + 256;

  private final Map<String, Object> config = new LinkedHashMap<>();
  private final Map<String, Object> generation = new LinkedHashMap<>();
  private DType dtype = DType.F32;
  private long seed = 1;
  private int shardCount = 1;

  private TinyCheckpoint(String className, String modelType) {
    with("architectures", List.of(className));
    with("model_type", modelType);
    with("vocab_size", VOCABULARY);
    with("hidden_size", 32);
    with("intermediate_size", 72);
    with("num_hidden_layers", 2);
    with("num_attention_heads", 4);
    with("num_key_value_heads", 2);
    with("max_position_embeddings", 256);
    with("rms_norm_eps", 1e-5);
    with("rope_theta", 10_000.0);
    with("tie_word_embeddings", false);
    with("hidden_act", "silu");
    with("bos_token_id", 1);
    with("eos_token_id", 2);
    generation.put("bos_token_id", 1);
    generation.put("eos_token_id", 2);
  }

  /** Two layers, 4 query and 2 kv heads of 8, untied. */
  public static TinyCheckpoint llama() {
    return new TinyCheckpoint("LlamaForCausalLM", "llama");
  }

  /** As llama, with biases of queries, keys and values, and tied embeddings. */
  public static TinyCheckpoint qwen2() {
    return new TinyCheckpoint("Qwen2ForCausalLM", "qwen2").with("tie_word_embeddings", true);
  }

  /** As llama, with a window of 16 tokens in every layer. */
  public static TinyCheckpoint mistral() {
    return new TinyCheckpoint("MistralForCausalLM", "mistral").with("sliding_window", 16);
  }

  /**
   * One layer of 4096 columns and positions: linears long enough to be cut along K, contexts long
   * enough for several tiles. About 12 million parameters.
   */
  public static TinyCheckpoint wide() {
    return llama()
        .with("hidden_size", 4096)
        .with("intermediate_size", 320)
        .with("num_hidden_layers", 1)
        .with("num_attention_heads", 4)
        .with("num_key_value_heads", 2)
        .with("head_dim", 64)
        .with("max_position_embeddings", 4096)
        .withDtype(DType.BF16);
  }

  /** Sets one key of config.json; the weights follow its sizes. */
  public TinyCheckpoint with(String key, Object value) {
    config.put(key, value);
    return this;
  }

  /** Sets one key of generation_config.json. */
  public TinyCheckpoint withGeneration(String key, Object value) {
    generation.put(key, value);
    return this;
  }

  public TinyCheckpoint withDtype(DType newDtype) {
    dtype = newDtype;
    return this;
  }

  public TinyCheckpoint withSeed(long newSeed) {
    seed = newSeed;
    return this;
  }

  /** Cuts the weights into so many files with an index, instead of one file. */
  public TinyCheckpoint withShards(int count) {
    shardCount = count;
    return this;
  }

  /** Writes all files into the folder, which is made if it is missing, and gives it back. */
  public Path writeTo(Path folder) throws IOException {
    Files.createDirectories(folder);
    JsonMapper mapper = SafetensorsWriter.mapper();
    mapper.writeValue(folder.resolve("config.json").toFile(), config);
    mapper.writeValue(folder.resolve("generation_config.json").toFile(), generation);
    mapper.writeValue(folder.resolve("tokenizer.json").toFile(), tokenizer());
    List<SafetensorsWriter> shards = new ArrayList<>();
    for (int i = 0; i < shardCount; i++) {
      shards.add(new SafetensorsWriter());
    }
    Map<String, String> weightMap = new TreeMap<>();
    int next = 0;
    for (Map.Entry<String, long[]> tensor : shapes().entrySet()) {
      String name = tensor.getKey();
      int shard = next++ % shardCount;
      shards.get(shard).add(name, dtype, tensor.getValue(), values(name, tensor.getValue()));
      weightMap.put(name, shardName(shard));
    }
    for (int i = 0; i < shardCount; i++) {
      shards.get(i).writeTo(folder.resolve(shardName(i)));
    }
    if (shardCount > 1) {
      mapper.writeValue(
          folder.resolve("model.safetensors.index.json").toFile(), Map.of("weight_map", weightMap));
    }
    return folder;
  }

  private String shardName(int shard) {
    return shardCount == 1
        ? "model.safetensors"
        : "model-0000" + (shard + 1) + "-of-0000" + shardCount + ".safetensors";
  }

  private Map<String, long[]> shapes() {
    long hidden = size("hidden_size");
    long inner = size("intermediate_size");
    long heads = size("num_attention_heads");
    long headDim = config.containsKey("head_dim") ? size("head_dim") : hidden / heads;
    long queries = heads * headDim;
    long keys = size("num_key_value_heads") * headDim;
    boolean qwen2 = "qwen2".equals(config.get("model_type"));
    boolean attentionBias = Boolean.TRUE.equals(config.get("attention_bias"));
    boolean mlpBias = Boolean.TRUE.equals(config.get("mlp_bias"));
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put("model.embed_tokens.weight", new long[] {size("vocab_size"), hidden});
    for (long i = 0; i < size("num_hidden_layers"); i++) {
      String layer = "model.layers." + i + ".";
      shapes.put(layer + "input_layernorm.weight", new long[] {hidden});
      linear(shapes, layer + "self_attn.q_proj", queries, hidden, qwen2 || attentionBias);
      linear(shapes, layer + "self_attn.k_proj", keys, hidden, qwen2 || attentionBias);
      linear(shapes, layer + "self_attn.v_proj", keys, hidden, qwen2 || attentionBias);
      linear(shapes, layer + "self_attn.o_proj", hidden, queries, attentionBias);
      shapes.put(layer + "post_attention_layernorm.weight", new long[] {hidden});
      linear(shapes, layer + "mlp.gate_proj", inner, hidden, mlpBias);
      linear(shapes, layer + "mlp.up_proj", inner, hidden, mlpBias);
      linear(shapes, layer + "mlp.down_proj", hidden, inner, mlpBias);
    }
    shapes.put("model.norm.weight", new long[] {hidden});
    if (!Boolean.TRUE.equals(config.get("tie_word_embeddings"))) {
      shapes.put("lm_head.weight", new long[] {size("vocab_size"), hidden});
    }
    return shapes;
  }

  private static void linear(
      Map<String, long[]> shapes, String name, long rows, long columns, boolean bias) {
    shapes.put(name + ".weight", new long[] {rows, columns});
    if (bias) {
      shapes.put(name + ".bias", new long[] {rows});
    }
  }

  /** Uniform draws: matrices keep the size of what passes through them, norms lie around one. */
  private float[] values(String name, long[] shape) {
    SplittableRandom random = new SplittableRandom(31 * seed + name.hashCode());
    boolean vector = shape.length == 1;
    float[] values = new float[Math.toIntExact(vector ? shape[0] : shape[0] * shape[1])];
    double width = name.contains("embed") ? 1 : vector ? 0.2 : 1.5 * Math.sqrt(3.0 / shape[1]);
    double middle = name.contains("norm") ? 1 : 0;
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (middle + width * (2 * random.nextDouble() - 1));
    }
    return values;
  }

  private long size(String key) {
    return ((Number) config.get(key)).longValue();
  }

  /** BPE without merges over the bytes, written as GPT-2's alphabet writes them. */
  private static Map<String, Object> tokenizer() {
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    List<String> specials = List.of("<unk>", "<s>", "</s>");
    List<Map<String, Object>> added = new ArrayList<>();
    for (String special : specials) {
      int id = vocabulary.size();
      vocabulary.put(special, id);
      added.add(
          Map.of(
              "id",
              id,
              "content",
              special,
              "single_word",
              false,
              "lstrip",
              false,
              "rstrip",
              false,
              "normalized",
              false,
              "special",
              true));
    }
    int strange = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable = b > ' ' && b < 127 || b > 160 && b != 173;
      vocabulary.put(String.valueOf((char) (printable ? b : strange++)), 3 + b);
    }
    Map<String, Object> byteLevel =
        Map.of(
            "type",
            "ByteLevel",
            "add_prefix_space",
            false,
            "trim_offsets",
            true,
            "use_regex",
            true);
    Map<String, Object> tokenizer = new LinkedHashMap<>();
    tokenizer.put("version", "1.0");
    tokenizer.put("added_tokens", added);
    tokenizer.put("normalizer", null);
    tokenizer.put("pre_tokenizer", byteLevel);
    tokenizer.put(
        "post_processor",
        Map.of(
            "type", "TemplateProcessing",
            "single", List.of(special("<s>"), sequence("A", 0)),
            "pair", List.of(special("<s>"), sequence("A", 0), sequence("B", 1)),
            "special_tokens",
                Map.of("<s>", Map.of("id", "<s>", "ids", List.of(1), "tokens", List.of("<s>")))));
    tokenizer.put("decoder", byteLevel);
    tokenizer.put("model", Map.of("type", "BPE", "vocab", vocabulary, "merges", List.of()));
    return tokenizer;
  }

  private static Map<String, Object> special(String token) {
    return Map.of("SpecialToken", Map.of("id", token, "type_id", 0));
  }

  private static Map<String, Object> sequence(String name, int typeId) {
    return Map.of("Sequence", Map.of("id", name, "type_id", typeId));
  }
}
