// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.KvGroup;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.WeightSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class DecoderModelTest {

  @TempDir Path temp;

  private final RecordingBackend backend = new RecordingBackend();

  @Test
  void givenLlama_load_recordsTheForwardPassInOrder() throws IOException {
    Program program = load(TinyCheckpoint.llama().with("num_hidden_layers", 1)).program();

    assertThat(program.body().stream().map(op -> op.getClass().getSimpleName()))
        .containsExactly(
            "Embed",
            "RmsNorm",
            "Linear",
            "RopeAppend",
            "Attention",
            "Linear",
            "RmsNorm",
            "Linear",
            "Linear");
    assertThat(program.head().stream().map(op -> op.getClass().getSimpleName()))
        .containsExactly("Gather", "RmsNorm", "Linear", "ScoreOrSample");
    assertThat(program.vocabularySize()).isEqualTo(259);
    assertThat(Stream.concat(program.body().stream(), program.head().stream()).map(Op::label))
        .doesNotHaveDuplicates();
  }

  @Test
  void givenLlama_load_connectsBuffersOfTheRightWidths() throws IOException {
    Program program = load(TinyCheckpoint.llama()).program();

    // 4 query and 2 kv heads of 8 beside each other: 32 + 16 + 16.
    assertThat(program.buffers().stream().map(b -> b.name() + " " + b.width() + " " + b.dtype()))
        .containsExactly(
            "residual 32 F32",
            "normed 32 BF16",
            "qkv 64 BF16",
            "attended 32 BF16",
            "gated 72 BF16",
            "gathered 32 F32",
            "head normed 32 BF16",
            "logits 259 F32");
    assertThat(program.buffers().stream().filter(b -> b.rows() == Buffer.Rows.LOGIT_ROWS))
        .hasSize(3);
    for (Op op : all(program)) {
      if (op instanceof Op.Linear linear) {
        LinearSpec spec = linear.weight().spec();
        assertThat(linear.in().width()).as(op.label()).isEqualTo(spec.inputWidth());
        assertThat(linear.out().width()).as(op.label()).isEqualTo(spec.outputWidth());
        assertThat(linear.out()).as(op.label()).isNotEqualTo(linear.in());
      }
    }
    assertThat(program.kvGroups()).containsExactly(new KvGroup(0, 2, 2, 8, DType.F32));
  }

  @Test
  void givenLlama_load_addsToTheResidualAndNormalisesBefore() throws IOException {
    Program program = load(TinyCheckpoint.llama()).program();
    Buffer residual = program.buffers().get(0);

    List<Op.Linear> adding =
        linears(program).stream()
            .filter(op -> op.weight().spec().epilogue() == Epilogue.ADD)
            .toList();

    assertThat(adding).hasSize(4).allMatch(op -> op.out().equals(residual));
    assertThat(norms(program).subList(0, 4)).allMatch(op -> op.in().equals(residual));
    assertThat(norms(program)).allMatch(op -> op.epsilon() == 1e-5f);
    assertThat(norms(program).stream().map(op -> ((RecordingBackend.Vector) op.weight()).name()))
        .containsExactly(
            "model.layers.0.input_layernorm.weight",
            "model.layers.0.post_attention_layernorm.weight",
            "model.layers.1.input_layernorm.weight",
            "model.layers.1.post_attention_layernorm.weight",
            "model.norm.weight");
    List<Integer> layers = new ArrayList<>();
    for (Op op : program.body()) {
      if (op instanceof Op.RopeAppend rope) {
        layers.add(rope.layer());
      } else if (op instanceof Op.Attention attention) {
        layers.add(attention.layer());
      }
    }
    assertThat(layers).containsExactly(0, 0, 1, 1);
  }

  @Test
  void givenLlama_load_stacksMembersInTheOrderThatOpsExpect() throws IOException {
    List<Op.Linear> linears = linears(load(TinyCheckpoint.llama()).program());

    assertThat(linears.stream().map(op -> names(op.weight().spec())).limit(4))
        .containsExactly(
            List.of("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
            List.of("self_attn.o_proj"),
            List.of("mlp.gate_proj", "mlp.up_proj"),
            List.of("mlp.down_proj"));
    assertThat(linears.stream().map(op -> op.weight().spec().epilogue()).limit(4))
        .containsExactly(Epilogue.STORE, Epilogue.ADD, Epilogue.GATED_SILU, Epilogue.ADD);
    assertThat(linears)
        .allMatch(op -> op.weight().spec().biases().stream().noneMatch(b -> b != null));
    assertThat(linears)
        .allMatch(op -> op.weight().spec().biases().size() == op.weight().spec().members().size());
  }

  @Test
  void givenUntiedModel_load_readsEachTensorOnce() throws IOException {
    load(TinyCheckpoint.llama());

    assertThat(backend.read).hasSize(2 + 2 * 9 + 1).doesNotHaveDuplicates();
    assertThat(backend.read).startsWith("model.embed_tokens.weight", "lm_head.weight");
    assertThat(backend.read).endsWith("model.norm.weight");
  }

  @Test
  void givenTiedModel_load_usesTheTableAsHead() throws IOException {
    Program program = load(TinyCheckpoint.qwen2()).program();

    LinearSpec head = ((Op.Linear) program.head().get(2)).weight().spec();
    assertThat(head.members().get(0).name()).isEqualTo("model.embed_tokens.weight");
    assertThat(backend.read).startsWith("model.embed_tokens.weight", "model.embed_tokens.weight");
    assertThat(backend.read).doesNotContain("lm_head.weight");
    assertThat(new HashSet<>(backend.read)).hasSize(backend.read.size() - 1);
  }

  @Test
  void givenQwen2_load_hasBiasesOfQueriesKeysAndValuesOnly() throws IOException {
    List<Op.Linear> linears = linears(load(TinyCheckpoint.qwen2()).program());

    assertThat(linears.get(0).weight().spec().biases().stream().map(WeightSource::name))
        .containsExactly(
            "model.layers.0.self_attn.q_proj.bias",
            "model.layers.0.self_attn.k_proj.bias",
            "model.layers.0.self_attn.v_proj.bias");
    assertThat(backend.read.stream().filter(name -> name.endsWith(".bias"))).hasSize(6);
  }

  @Test
  void givenLlamaWithAllBiases_load_findsThem() throws IOException {
    load(TinyCheckpoint.llama().with("attention_bias", true).with("mlp_bias", true));

    assertThat(backend.read.stream().filter(name -> name.endsWith(".bias"))).hasSize(2 * 7);
  }

  @Test
  void givenWindows_load_givesEachLayerItsOwn() throws IOException {
    assertThat(windows(load(TinyCheckpoint.mistral()).program())).containsExactly(16, 16);
    TinyCheckpoint mixed =
        TinyCheckpoint.qwen2()
            .with("use_sliding_window", true)
            .with("sliding_window", 8)
            .with("max_window_layers", 1);
    assertThat(windows(load(mixed).program())).containsExactly(0, 8);
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "BF16", "F16"})
  void givenAnyType_weightBytes_equalsTheEstimate(DType type) throws IOException {
    for (TinyCheckpoint tiny :
        List.of(
            TinyCheckpoint.llama(),
            TinyCheckpoint.qwen2(),
            TinyCheckpoint.llama().with("attention_bias", true).with("mlp_bias", true))) {
      ModelFolder folder = ModelFolder.open(tiny.writeTo(temp.resolve("tiny")));

      DecoderModel model = folder.load(backend, type, type);

      assertThat(model.weightBytes()).isEqualTo(folder.config().weightBytes(type));
      assertThat(model.program().kvGroups().get(0).bytesPerToken())
          .isEqualTo(folder.config().kvBytesPerToken(type));
      assertThat(model.embeddingBytes()).isEqualTo(259L * 32 * type.bytes());
    }
  }

  @Test
  void givenConfigThatDoesNotFitTheWeights_load_namesTheTensor() throws IOException {
    Path path = TinyCheckpoint.llama().writeTo(temp.resolve("tiny"));
    Path other = TinyCheckpoint.llama().with("num_hidden_layers", 3).writeTo(temp.resolve("other"));
    Files.copy(
        other.resolve("config.json"),
        path.resolve("config.json"),
        StandardCopyOption.REPLACE_EXISTING);

    assertThatThrownBy(() -> ModelFolder.open(path).load(backend, DType.F32, DType.F32))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("have no tensor 'model.layers.2.input_layernorm.weight'");
  }

  private DecoderModel load(TinyCheckpoint tiny) throws IOException {
    return ModelFolder.open(tiny.writeTo(temp.resolve("tiny"))).load(backend, DType.F32, DType.F32);
  }

  private static List<Op> all(Program program) {
    return Stream.concat(program.body().stream(), program.head().stream()).toList();
  }

  private static List<Op.Linear> linears(Program program) {
    return all(program).stream()
        .filter(Op.Linear.class::isInstance)
        .map(Op.Linear.class::cast)
        .toList();
  }

  private static List<Op.RmsNorm> norms(Program program) {
    return all(program).stream()
        .filter(Op.RmsNorm.class::isInstance)
        .map(Op.RmsNorm.class::cast)
        .toList();
  }

  private static List<Integer> windows(Program program) {
    return program.body().stream()
        .filter(Op.Attention.class::isInstance)
        .map(op -> ((Op.Attention) op).attention().window())
        .toList();
  }

  private static List<String> names(LinearSpec spec) {
    return spec.members().stream()
        .map(member -> member.name().replaceAll("model\\.layers\\.\\d+\\.|\\.weight", ""))
        .toList();
  }
}
