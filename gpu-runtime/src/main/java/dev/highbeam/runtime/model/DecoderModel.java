// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.Buffer.Rows;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.KvGroup;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.PackedLinear;
import dev.highbeam.runtime.backend.PackedTable;
import dev.highbeam.runtime.backend.PackedVector;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.WeightSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A decoder-only transformer of the Llama family, packed for a backend and recorded as a {@link
 * Program}: embed, then per layer attention and a gated feed-forward part, each normalised before
 * and added to the residual stream after; at the end a norm and the head. Biases, windows and tied
 * embeddings are data of the {@link ModelConfig}, not branches of other classes.
 *
 * <p>Loaded by one thread; immutable afterwards. The backend owns the packed weights.
 */
public final class DecoderModel {

  private final Program program;
  private final long weightBytes;
  private final long embeddingBytes;

  private DecoderModel(Program program, long weightBytes, long embeddingBytes) {
    this.program = program;
    this.weightBytes = weightBytes;
    this.embeddingBytes = embeddingBytes;
  }

  /**
   * Gives all weights to the backend, each tensor once and in the order of the forward pass, and
   * records the program. (Tied embeddings are read twice, the second time right after the first.)
   *
   * @param weightType type in which matrices are kept, and the type asked of the activations
   * @param kvType type asked of keys and values
   */
  static DecoderModel load(
      Checkpoint checkpoint, ModelConfig config, Backend backend, DType weightType, DType kvType) {
    return new Loader(checkpoint, config, backend, weightType, kvType).load();
  }

  /** The forward pass, to be compiled by the backend that packed the weights. */
  public Program program() {
    return program;
  }

  /** Bytes of all packed weights, the embedding table included. */
  public long weightBytes() {
    return weightBytes;
  }

  /** Bytes of the packed embedding table. */
  public long embeddingBytes() {
    return embeddingBytes;
  }

  /** Packs and records; lives for one load. */
  private static final class Loader {

    private final Checkpoint checkpoint;
    private final ModelConfig config;
    private final Backend backend;
    private final DType weightType;
    private final Program.Builder program;
    private final KvGroup kvGroup;

    // The residual stream is f32 from the first layer to the last: bf16 would lose small updates.
    private final Buffer residual;
    private final Buffer normed;
    private final Buffer qkv;
    private final Buffer attended;
    private final Buffer gated;
    private long weightBytes;

    Loader(
        Checkpoint checkpoint,
        ModelConfig config,
        Backend backend,
        DType weightType,
        DType kvType) {
      this.checkpoint = checkpoint;
      this.config = config;
      this.backend = backend;
      this.weightType = weightType;
      int qkvWidth = config.queryWidth() + 2 * config.kvWidth();
      DType activation = backend.activationType(weightType);
      program = Program.builder(config.vocabularySize());
      kvGroup =
          program.kvGroup(
              config.layerCount(),
              config.attention().kvHeads(),
              config.attention().headDim(),
              backend.kvType(kvType));
      residual = program.buffer("residual", Rows.TOKENS, config.hiddenSize(), DType.F32);
      normed = program.buffer("normed", Rows.TOKENS, config.hiddenSize(), activation);
      qkv = program.buffer("qkv", Rows.TOKENS, qkvWidth, activation);
      attended = program.buffer("attended", Rows.TOKENS, config.queryWidth(), activation);
      gated = program.buffer("gated", Rows.TOKENS, config.intermediateSize(), activation);
    }

    DecoderModel load() {
      WeightSource embedding = matrix("model.embed_tokens", config.vocabularySize(), hidden());
      PackedTable table = backend.packTable(embedding, weightType);
      weightBytes += table.bytes();
      // Right after the table: where the two are tied, the tensor is still in the page cache.
      PackedLinear head =
          pack(
              "lm_head",
              Epilogue.STORE,
              List.of(
                  config.tiedEmbeddings()
                      ? embedding
                      : matrix("lm_head", config.vocabularySize(), hidden())),
              Collections.singletonList(null));
      program.body(new Op.Embed("embed", residual, table, 1));
      for (int layer = 0; layer < config.layerCount(); layer++) {
        recordAttention(layer);
        recordFeedForward(layer);
      }
      recordHead(head);
      return new DecoderModel(program.build(), weightBytes, table.bytes());
    }

    private void recordAttention(int layer) {
      String name = "model.layers." + layer + ".";
      String self = name + "self_attn.";
      String label = "layer " + layer + " ";
      var spec = config.attention(layer);
      PackedVector norm = norm(name + "input_layernorm");
      int queries = config.queryWidth();
      int keys = config.kvWidth();
      PackedLinear toQkv =
          pack(
              self + "qkv",
              Epilogue.STORE,
              List.of(
                  matrix(self + "q_proj", queries, hidden()),
                  matrix(self + "k_proj", keys, hidden()),
                  matrix(self + "v_proj", keys, hidden())),
              biases(
                  config.biases().qkv(),
                  List.of(self + "q_proj", self + "k_proj", self + "v_proj"),
                  queries,
                  keys,
                  keys));
      PackedLinear toResidual =
          pack(
              self + "o_proj",
              Epilogue.ADD,
              List.of(matrix(self + "o_proj", hidden(), queries)),
              biases(config.biases().attentionOutput(), List.of(self + "o_proj"), hidden()));
      program
          .body(new Op.RmsNorm(label + "norm", normed, residual, norm, config.normEpsilon()))
          .body(new Op.Linear(label + "qkv", qkv, normed, toQkv))
          .body(new Op.RopeAppend(label + "rope", qkv, spec, config.rope(), kvGroup, layer))
          .body(new Op.Attention(label + "attention", attended, qkv, spec, kvGroup, layer))
          .body(new Op.Linear(label + "output", residual, attended, toResidual));
    }

    private void recordFeedForward(int layer) {
      String name = "model.layers." + layer + ".";
      String mlp = name + "mlp.";
      String label = "layer " + layer + " ";
      int inner = config.intermediateSize();
      PackedVector norm = norm(name + "post_attention_layernorm");
      PackedLinear gateUp =
          pack(
              mlp + "gate_up",
              config.activation(),
              List.of(
                  matrix(mlp + "gate_proj", inner, hidden()),
                  matrix(mlp + "up_proj", inner, hidden())),
              biases(
                  config.biases().mlp(),
                  List.of(mlp + "gate_proj", mlp + "up_proj"),
                  inner,
                  inner));
      PackedLinear down =
          pack(
              mlp + "down_proj",
              Epilogue.ADD,
              List.of(matrix(mlp + "down_proj", hidden(), inner)),
              biases(config.biases().mlp(), List.of(mlp + "down_proj"), hidden()));
      program
          .body(new Op.RmsNorm(label + "mlp norm", normed, residual, norm, config.normEpsilon()))
          .body(new Op.Linear(label + "gate and up", gated, normed, gateUp))
          .body(new Op.Linear(label + "down", residual, gated, down));
    }

    /** Rows are gathered before the norm: only those whose logits are wanted are normalised. */
    private void recordHead(PackedLinear head) {
      DType activation = normed.dtype();
      Buffer gathered = program.buffer("gathered", Rows.LOGIT_ROWS, hidden(), DType.F32);
      Buffer headNormed = program.buffer("head normed", Rows.LOGIT_ROWS, hidden(), activation);
      Buffer logits = program.buffer("logits", Rows.LOGIT_ROWS, config.vocabularySize(), DType.F32);
      PackedVector norm = norm("model.norm");
      program
          .head(new Op.Gather("gather", gathered, residual))
          .head(new Op.RmsNorm("final norm", headNormed, gathered, norm, config.normEpsilon()))
          .head(new Op.Linear("head", logits, headNormed, head))
          .head(new Op.ScoreOrSample("sample", logits));
    }

    private PackedLinear pack(
        String name,
        Epilogue epilogue,
        List<WeightSource> members,
        List<@Nullable WeightSource> biases) {
      PackedLinear packed =
          backend.pack(new LinearSpec(name, members, biases, epilogue), weightType);
      weightBytes += packed.bytes();
      return packed;
    }

    private PackedVector norm(String name) {
      PackedVector packed = backend.packVector(checkpoint.tensor(name + ".weight", hidden()), 0);
      weightBytes += packed.bytes();
      return packed;
    }

    private WeightSource matrix(String name, int rows, int columns) {
      return checkpoint.tensor(name + ".weight", rows, columns);
    }

    /** One bias per name, or as many nulls. */
    private List<@Nullable WeightSource> biases(boolean present, List<String> names, int... rows) {
      Checks.checkArgument(names.size() == rows.length, "%s names, %s sizes", names, rows.length);
      List<@Nullable WeightSource> biases = new ArrayList<>();
      for (int i = 0; i < rows.length; i++) {
        biases.add(present ? checkpoint.tensor(names.get(i) + ".bias", rows[i]) : null);
      }
      return Collections.unmodifiableList(biases);
    }

    private int hidden() {
      return config.hiddenSize();
    }
  }
}
