// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.highbeam.runtime.backend.HalfFloats;
import dev.highbeam.runtime.model.ModelFolder;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import dev.highbeam.runtime.tokenizer.Tokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RandomModelTest {

  private static final int HEAD_DIM = 32;
  private static final int HIDDEN = 128;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"tiny-llama", "tiny-qwen"})
  void givenShape_huggingFace_ourReaderSeesTheShape(String name) throws IOException {
    RandomModel model = new RandomModel(ModelShape.named(name), folder);

    var config = ModelFolder.open(model.huggingFace()).config();

    assertThat(config.vocabularySize()).isEqualTo(4096);
    assertThat(config.hiddenSize()).isEqualTo(HIDDEN);
    assertThat(config.attention().headDim()).isEqualTo(HEAD_DIM);
    assertThat(config.tiedEmbeddings()).isTrue();
    SafetensorsContents weights =
        new SafetensorsContents(model.huggingFace().resolve("model.safetensors"));
    assertThat(weights.end()).isEqualTo(weights.size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny-llama", "tiny-qwen"})
  void givenPrompts_encode_asManyTokensAsWords(String name) throws IOException {
    RandomModel model = new RandomModel(ModelShape.named(name), folder);
    Tokenizer tokenizer = Tokenizers.load(model.huggingFace());

    for (String prompt : model.prompts(20, 128, 3)) {
      int[] tokens = tokenizer.encode(prompt, Tokenizer.Specials.ADD);
      assertThat(tokens).hasSize(128);
    }
    assertThat(model.prompts(20, 128, 3)).doesNotHaveDuplicates();
  }

  @Test
  void givenLlama_gguf_rotatedRowsInterleaved() throws IOException {
    RandomModel model = new RandomModel(ModelShape.TINY_LLAMA, folder);
    GgufContents gguf = new GgufContents(model.ggufBfloat16());
    SafetensorsContents source =
        new SafetensorsContents(model.huggingFace().resolve("model.safetensors"));

    // Head 2, pair 5: Hugging Face rotates values 5 and 5 + 16 together, llama.cpp 10 and 11.
    int head = 2 * HEAD_DIM;
    assertRow(
        gguf,
        "blk.1.attn_q.weight",
        head + 10,
        source,
        "model.layers.1.self_attn.q_proj",
        head + 5);
    assertRow(
        gguf,
        "blk.1.attn_q.weight",
        head + 11,
        source,
        "model.layers.1.self_attn.q_proj",
        head + 21);
    assertRow(gguf, "blk.0.attn_k.weight", 33, source, "model.layers.0.self_attn.k_proj", 48);
    assertRow(gguf, "blk.0.attn_v.weight", 33, source, "model.layers.0.self_attn.v_proj", 33);
    assertRow(gguf, "token_embd.weight", 4095, source, "model.embed_tokens", 4095);
  }

  @Test
  void givenQwen_gguf_rowsAsTheyAreAndBiases() throws IOException {
    RandomModel model = new RandomModel(ModelShape.TINY_QWEN, folder);
    GgufContents gguf = new GgufContents(model.ggufBfloat16());
    SafetensorsContents source =
        new SafetensorsContents(model.huggingFace().resolve("model.safetensors"));

    assertRow(gguf, "blk.1.attn_q.weight", 33, source, "model.layers.1.self_attn.q_proj", 33);
    GgufContents.Tensor bias = gguf.tensors.get("blk.1.attn_k.bias");
    assertThat(bias.shape()).containsExactly(64L);
    short expected = source.value("model.layers.1.self_attn.k_proj.bias", 7);
    assertThat(gguf.bytes.getFloat(bias.begin() + 7 * Float.BYTES))
        .isEqualTo(HalfFloats.bf16ToFloat(expected))
        .isNotZero();
    assertThat(gguf.tensors).doesNotContainKey("rope_freqs.weight");
  }

  @Test
  void givenQ8_gguf_nearTheWeightsAndFileEndsWithThem() throws IOException {
    RandomModel model = new RandomModel(ModelShape.TINY_LLAMA, folder);
    GgufContents gguf = new GgufContents(model.ggufQ8());
    SafetensorsContents source =
        new SafetensorsContents(model.huggingFace().resolve("model.safetensors"));

    GgufContents.Tensor down = gguf.tensors.get("blk.1.ffn_down.weight");
    assertThat(down.shape()).containsExactly(256L, 128L);
    assertThat(down.type()).isEqualTo(8);
    int row = down.begin() + 17 * 256 / 32 * 34;
    for (int i = 0; i < 256; i++) {
      int block = row + i / 32 * 34;
      float scale = HalfFloats.f16ToFloat(gguf.bytes.getShort(block));
      float expected =
          HalfFloats.bf16ToFloat(source.value("model.layers.1.mlp.down_proj.weight", 17 * 256 + i));
      assertThat(scale * gguf.bytes.get(block + 2 + i % 32)).isCloseTo(expected, within(scale));
    }
    GgufContents.Tensor last = gguf.tensors.get("output_norm.weight");
    assertThat(last.begin() + HIDDEN * Float.BYTES).isEqualTo(gguf.bytes.capacity());
    assertThat(gguf.bytes.getFloat(last.begin())).isEqualTo(1);
    assertThat(gguf.tensors.values()).allMatch(tensor -> tensor.begin() % 32 == 0);
  }

  @Test
  void givenLlama_gguf_describesModelAndTokenizer() throws IOException {
    GgufContents gguf =
        new GgufContents(new RandomModel(ModelShape.TINY_LLAMA, folder).ggufBfloat16());

    assertThat(gguf.metadata)
        .containsEntry("general.architecture", "llama")
        .containsEntry("llama.block_count", 2)
        .containsEntry("llama.attention.head_count_kv", 2)
        .containsEntry("llama.rope.freq_base", 500_000f)
        .containsEntry("tokenizer.ggml.pre", "llama-bpe")
        .containsEntry("tokenizer.ggml.eos_token_id", 4089)
        .containsEntry("tokenizer.ggml.add_bos_token", false);
    assertThat((List<?>) gguf.metadata.get("tokenizer.ggml.tokens")).hasSize(4096);
    List<?> kinds = (List<?>) gguf.metadata.get("tokenizer.ggml.token_type");
    assertThat(kinds.subList(4087, 4089)).isEqualTo(List.of(1, 3));
  }

  @Test
  void givenLlama_ropeFactors_frequenciesOfOurReader() throws IOException {
    RandomModel model = new RandomModel(ModelShape.TINY_LLAMA, folder);
    var rope = ModelFolder.open(model.huggingFace()).config().rope();
    GgufContents gguf = new GgufContents(model.ggufQ8());
    int begin = gguf.tensors.get("rope_freqs.weight").begin();

    for (int i = 0; i < HEAD_DIM / 2; i++) {
      double base = Math.pow(5e5, -2.0 * i / HEAD_DIM);
      double stretched = base / gguf.bytes.getFloat(begin + i * Float.BYTES);
      assertThat(rope.inverseFrequencies()[i] / stretched).isCloseTo(1, within(1e-5));
    }
  }

  @Test
  void givenModelThere_askedAgain_notWrittenAgain() throws IOException {
    RandomModel model = new RandomModel(ModelShape.TINY_QWEN, folder);
    Path file = model.ggufQ8();
    Files.write(file, new byte[] {1});

    assertThat(new RandomModel(ModelShape.TINY_QWEN, folder).ggufQ8()).isEqualTo(file).hasSize(1);
  }

  @Test
  void givenUnknownName_named_listsTheKnown() {
    assertThatThrownBy(() -> ModelShape.named("gpt"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("llama-3.2-1b");
  }

  @Test
  void givenShapesOfCheckpoints_linearParameters_theirs() {
    // 16 x (2 x 2048 x 2048 + 2 x 2048 x 512 + 3 x 2048 x 8192) + 128256 x 2048.
    assertThat(ModelShape.LLAMA_1B.linearParameters()).isEqualTo(1_235_746_816L);
    // 24 x (2 x 896 x 896 + 2 x 896 x 128 + 3 x 896 x 4864) + 151936 x 896.
    assertThat(ModelShape.QWEN_HALF.linearParameters()).isEqualTo(493_961_216L);
  }

  private static void assertRow(
      GgufContents gguf,
      String name,
      int row,
      SafetensorsContents source,
      String sourceName,
      int sourceRow) {
    GgufContents.Tensor tensor = gguf.tensors.get(name);
    assertThat(tensor.type()).isEqualTo(30);
    int columns = Math.toIntExact(tensor.shape().get(0));
    for (int i = 0; i < columns; i++) {
      assertThat(gguf.bytes.getShort(tensor.begin() + (row * columns + i) * Short.BYTES))
          .isEqualTo(source.value(sourceName + ".weight", sourceRow * columns + i));
    }
  }
}
