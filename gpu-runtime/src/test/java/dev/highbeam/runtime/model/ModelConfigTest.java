// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Epilogue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ModelConfigTest {

  private static final String LLAMA = "'architectures':['LlamaForCausalLM']";
  private static final String MISTRAL = "'architectures':['MistralForCausalLM']";
  private static final String QWEN2 = "'architectures':['Qwen2ForCausalLM']";

  @TempDir Path folder;

  @Test
  void givenBareLlama_read_hasTheDefaultsOfItsClass() throws IOException {
    ModelConfig config = read(LLAMA);

    assertThat(config.architecture()).isEqualTo(Architecture.LLAMA);
    assertThat(config.vocabularySize()).isEqualTo(32_000);
    assertThat(config.hiddenSize()).isEqualTo(4096);
    assertThat(config.intermediateSize()).isEqualTo(11_008);
    assertThat(config.layerCount()).isEqualTo(32);
    assertThat(config.attention().queryHeads()).isEqualTo(32);
    assertThat(config.attention().kvHeads()).isEqualTo(32);
    assertThat(config.attention().headDim()).isEqualTo(128);
    assertThat(config.attention().scale()).isEqualTo((float) (1 / Math.sqrt(128)));
    assertThat(config.maxPositions()).isEqualTo(2048);
    assertThat(config.normEpsilon()).isEqualTo(1e-6f);
    assertThat(config.tiedEmbeddings()).isFalse();
    assertThat(config.activation()).isEqualTo(Epilogue.GATED_SILU);
    assertThat(config.biases()).isEqualTo(new ModelConfig.Biases(false, false, false));
    assertThat(config.windows()).hasSize(32).containsOnly(0);
    assertThat(config.bosTokenIds()).containsExactly(1);
    assertThat(config.eosTokenIds()).containsExactly(2);
    assertThat(config.checkpointType()).isNull();
  }

  @Test
  void givenBareMistral_read_hasItsWindowAndKvHeads() throws IOException {
    ModelConfig config = read(MISTRAL);

    assertThat(config.attention().kvHeads()).isEqualTo(8);
    assertThat(config.intermediateSize()).isEqualTo(14_336);
    assertThat(config.maxPositions()).isEqualTo(131_072);
    assertThat(config.windows()).containsOnly(4096);
    assertThat(config.attention(31).window()).isEqualTo(4096);
    assertThat(read(MISTRAL + ",'sliding_window':null").windows()).containsOnly(0);
    assertThat(read(MISTRAL + ",'num_key_value_heads':null").attention().kvHeads()).isEqualTo(32);
  }

  @Test
  void givenBareQwen2_read_hasBiasesAndNoWindow() throws IOException {
    ModelConfig config = read(QWEN2);

    assertThat(config.vocabularySize()).isEqualTo(151_936);
    assertThat(config.biases()).isEqualTo(new ModelConfig.Biases(true, false, false));
    assertThat(config.windows()).containsOnly(0);
    assertThat(config.maxPositions()).isEqualTo(32_768);
    assertThat(config.bosTokenIds()).isEmpty();
    assertThat(config.eosTokenIds()).isEmpty();
  }

  @Test
  void givenSlidingQwen2_read_slidesTheUpperLayersOnly() throws IOException {
    String sliding = QWEN2 + ",'num_hidden_layers':4,'use_sliding_window':true,'sliding_window':9";

    assertThat(read(sliding + ",'max_window_layers':3").windows()).containsExactly(0, 0, 0, 9);
    assertThat(read(sliding + ",'max_window_layers':4").windows()).containsExactly(0, 0, 0, 0);
    assertThat(read(sliding + ",'max_window_layers':0").windows()).containsExactly(9, 9, 9, 9);
    assertThat(read(sliding).windows()).containsExactly(0, 0, 0, 0);
    String types = "'full_attention','sliding_attention','full_attention','sliding_attention'";
    assertThat(read(sliding + ",'layer_types':[" + types + "]").windows())
        .containsExactly(0, 9, 0, 9);
    assertRefused(sliding + ",'layer_types':['full_attention']", "must list 4 layers, was 1");
    assertRefused(sliding + ",'layer_types':['x']", "must be full_attention or sliding_attention");
  }

  @Test
  void givenWindowWhereTheClassHasNone_read_ignoresIt() throws IOException {
    assertThat(read(LLAMA + ",'sliding_window':8").windows()).containsOnly(0);
    assertThat(read(QWEN2 + ",'sliding_window':8,'max_window_layers':0").windows()).containsOnly(0);
  }

  @Test
  void givenNewerSpellings_read_understandsThem() throws IOException {
    ModelConfig config =
        read(
            LLAMA
                + ",'dtype':'bfloat16','head_dim':4,"
                + "'rope_parameters':{'rope_type':'linear','factor':2.0,'rope_theta':100}");

    assertThat(config.checkpointType()).isEqualTo(DType.BF16);
    // theta 100, head of 4: frequencies 1 and 100^(-2/4) = 0.1, both halved.
    assertThat(config.rope().inverseFrequencies()).containsExactly(0.5f, 0.05f);
    assertThat(read(LLAMA + ",'torch_dtype':'float16'").checkpointType()).isEqualTo(DType.F16);
    assertThat(read("'model_type':'qwen2'").architecture()).isEqualTo(Architecture.QWEN2);
  }

  @Test
  void givenSwitches_read_setsThem() throws IOException {
    ModelConfig config =
        read(
            LLAMA
                + ",'attention_bias':true,'mlp_bias':true,'tie_word_embeddings':true,"
                + "'hidden_act':'gelu_pytorch_tanh','head_dim':16,'num_key_value_heads':8,"
                + "'rms_norm_eps':1e-5,'eos_token_id':[5,6,5],'bos_token_id':null");

    assertThat(config.biases()).isEqualTo(new ModelConfig.Biases(true, true, true));
    assertThat(config.tiedEmbeddings()).isTrue();
    assertThat(config.activation()).isEqualTo(Epilogue.GATED_GELU_TANH);
    assertThat(config.queryWidth()).isEqualTo(32 * 16);
    assertThat(config.kvWidth()).isEqualTo(8 * 16);
    assertThat(config.normEpsilon()).isEqualTo(1e-5f);
    assertThat(config.eosTokenIds()).containsExactly(5, 6, 5);
    assertThat(config.bosTokenIds()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"GemmaForCausalLM", "LlamaForSequenceClassification", "x"})
  void givenUnknownArchitecture_read_listsTheSupportedOnes(String name) throws IOException {
    assertRefused(
        "'architectures':['" + name + "']",
        "'" + name + "'; supported are LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vocab_size|0|from 1 to 4194304",
        "vocab_size|4194305|from 1 to 4194304",
        "vocab_size|2147483648|from 1 to 4194304",
        "vocab_size|\"x\"|must be a whole number",
        "vocab_size|1.5|must be a whole number",
        "hidden_size|0|from 1 to 131072",
        "hidden_size|131073|from 1 to 131072",
        "hidden_size|4095|which 32 heads cannot share",
        "intermediate_size|-1|from 1 to 1048576",
        "num_hidden_layers|0|from 1 to 1024",
        "num_hidden_layers|1025|from 1 to 1024",
        "num_attention_heads|0|from 1 to 1024",
        "num_key_value_heads|5|no multiple of its 5 key-value heads",
        "num_key_value_heads|64|no multiple",
        "head_dim|3|must be even",
        "head_dim|1026|from 2 to 1024",
        "max_position_embeddings|0|from 1 to 16777216",
        "max_position_embeddings|1e30|must be a whole number",
        "rms_norm_eps|0|must be from",
        "rms_norm_eps|-1e-6|must be from",
        "rms_norm_eps|1|must be from",
        "rope_theta|0|must be from 1.0",
        "rope_theta|1e300|must be from 1.0",
        "partial_rotary_factor|0.5|a part of each head only",
        "hidden_act|\"relu\"|supported are silu and gelu_pytorch_tanh",
        "hidden_act|\"gelu\"|supported are silu and gelu_pytorch_tanh",
        "tie_word_embeddings|1|must be true or false",
        "eos_token_id|32000|from 0 to 31999",
        "eos_token_id|-1|from 0 to 31999",
        "eos_token_id|[1,32000]|from 0 to 31999",
        "eos_token_id|\"2\"|from 0 to 31999",
        "quantization_config|{}|quantised weights, which are not supported",
        "architectures|7|must be a list",
      })
  void givenValueOutsideItsRange_read_refusesByName(String key, String value, String problem)
      throws IOException {
    String architecture = key.equals("architectures") ? "" : LLAMA + ",";

    assertRefused(architecture + "'" + key + "':" + value, problem);
  }

  @Test
  void givenDuplicateKeysOrNoObject_read_refuses() throws IOException {
    assertRefused(LLAMA + ",'vocab_size':1,'vocab_size':2", "Duplicate");
    Files.writeString(folder.resolve("config.json"), "[]");
    assertThatThrownBy(() -> ModelConfig.read(folder))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("must be an object");
  }

  @Test
  void givenSmallModel_weightBytes_countsEveryParameter() throws IOException {
    String sizes =
        ",'vocab_size':10,'hidden_size':8,'intermediate_size':6,'num_hidden_layers':3,"
            + "'num_attention_heads':2,'num_key_value_heads':1";
    // Per layer: qkv (8 + 4 + 4) x 8, output 8 x 8, gate and up 12 x 8, down 8 x 6 = 336.
    // Table and head: 2 x 10 x 8 = 160. Norms: 3 x 2 x 8 + 8 = 56.
    assertThat(read(LLAMA + sizes).weightBytes(DType.F32)).isEqualTo((3 * 336 + 160 + 56) * 4);
    assertThat(read(LLAMA + sizes).weightBytes(DType.BF16)).isEqualTo((3 * 336 + 160) * 2 + 56 * 4);
    // Qwen2 adds 16 biases per layer; all biases of a Llama are 16 + 8 + 12 + 8.
    assertThat(read(QWEN2 + sizes).weightBytes(DType.BF16))
        .isEqualTo((3 * 336 + 160) * 2 + (56 + 3 * 16) * 4);
    assertThat(
            read(LLAMA + sizes + ",'attention_bias':true,'mlp_bias':true").weightBytes(DType.BF16))
        .isEqualTo((3 * 336 + 160) * 2 + (56 + 3 * 44) * 4);
  }

  @Test
  void givenLargestSizes_weightBytes_doesNotOverflow() throws IOException {
    ModelConfig config =
        read(
            LLAMA
                + ",'vocab_size':4194304,'hidden_size':131072,'intermediate_size':1048576,"
                + "'num_hidden_layers':1024,'num_attention_heads':1024,'head_dim':1024");

    assertThat(config.weightBytes(DType.F32)).isGreaterThan(1L << 50);
  }

  private ModelConfig read(String members) throws IOException {
    Files.writeString(folder.resolve("config.json"), "{" + members.replace('\'', '"') + "}");
    return ModelConfig.read(folder);
  }

  private void assertRefused(String members, String problem) throws IOException {
    Files.writeString(folder.resolve("config.json"), "{" + members.replace('\'', '"') + "}");
    assertThatThrownBy(() -> ModelConfig.read(folder))
        .isInstanceOfSatisfying(
            EngineException.class,
            e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.CONFIGURATION))
        .hasMessageContaining("config.json")
        .hasMessageContaining(problem);
  }
}
