// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The config.json of a shape, with the members of the checkpoint whose shape it is. */
final class HuggingFaceConfig {

  private HuggingFaceConfig() {}

  static ObjectNode of(ModelShape shape) {
    ObjectNode config = new JsonMapper().createObjectNode();
    boolean isLlama = shape.family() == ModelShape.Family.LLAMA3;
    config.putArray("architectures").add(isLlama ? "LlamaForCausalLM" : "Qwen2ForCausalLM");
    config
        .put("model_type", isLlama ? "llama" : "qwen2")
        .put("torch_dtype", "bfloat16")
        .put("hidden_act", "silu")
        .put("hidden_size", shape.hidden())
        .put("intermediate_size", shape.intermediate())
        .put("num_hidden_layers", shape.layers())
        .put("num_attention_heads", shape.heads())
        .put("num_key_value_heads", shape.kvHeads())
        .put("max_position_embeddings", shape.maxPositions())
        .put("rms_norm_eps", shape.normEpsilon())
        .put("rope_theta", shape.ropeTheta())
        .put("tie_word_embeddings", true)
        .put("initializer_range", 0.02)
        .put("vocab_size", shape.vocabulary())
        .put("bos_token_id", shape.textTokens())
        .put("eos_token_id", shape.endToken());
    if (isLlama) {
      config.put("head_dim", shape.headDim()).put("attention_bias", false).put("mlp_bias", false);
      config
          .putObject("rope_scaling")
          .put("rope_type", "llama3")
          .put("factor", RopeFactors.FACTOR)
          .put("low_freq_factor", RopeFactors.LOW)
          .put("high_freq_factor", RopeFactors.HIGH)
          .put("original_max_position_embeddings", RopeFactors.ORIGINAL_CONTEXT);
    } else {
      config
          .put("use_sliding_window", false)
          .put("sliding_window", shape.maxPositions())
          .put("max_window_layers", shape.layers());
    }
    return config;
  }
}
