// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import dev.highbeam.runtime.backend.AttentionSpec;
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

  private static final boolean NO_BIAS = false;

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

  /** A matrix of the checkpoint by the name of its module, and its rows. */
  private record Part(String name, int rows) {}

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
      Part words = new Part("model.embed_tokens", config.vocabularySize());
      Part scores = config.tiedEmbeddings() ? words : new Part("lm_head", words.rows());
      PackedTable table = backend.packTable(weight(words, hidden()), weightType);
      weightBytes += table.bytes();
      program.body(new Op.Embed("embed", residual, table, 1));
      // Right after the table: where the two are tied, the tensor is still in the page cache.
      PackedLinear head =
          linear("lm_head", LinearSpec.NO_LAYER, Epilogue.STORE, NO_BIAS, hidden(), scores);
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
      AttentionSpec spec = config.attention(layer);
      ModelConfig.Biases biases = config.biases();
      Part queries = new Part(self + "q_proj", config.queryWidth());
      Part keys = new Part(self + "k_proj", config.kvWidth());
      Part values = new Part(self + "v_proj", config.kvWidth());
      Part output = new Part(self + "o_proj", hidden());

      PackedVector norm = norm(name + "input_layernorm");
      PackedLinear toQkv =
          linear(
              self + "qkv", layer, Epilogue.STORE, biases.qkv(), hidden(), queries, keys, values);
      PackedLinear toResidual =
          linear(
              output.name(), layer, Epilogue.ADD, biases.attentionOutput(), queries.rows(), output);
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
      boolean bias = config.biases().mlp();
      Part gate = new Part(mlp + "gate_proj", config.intermediateSize());
      Part up = new Part(mlp + "up_proj", config.intermediateSize());
      Part down = new Part(mlp + "down_proj", hidden());

      PackedVector norm = norm(name + "post_attention_layernorm");
      PackedLinear toGated =
          linear(mlp + "gate_up", layer, config.activation(), bias, hidden(), gate, up);
      PackedLinear toResidual = linear(down.name(), layer, Epilogue.ADD, bias, gate.rows(), down);
      program
          .body(new Op.RmsNorm(label + "mlp norm", normed, residual, norm, config.normEpsilon()))
          .body(new Op.Linear(label + "gate and up", gated, normed, toGated))
          .body(new Op.Linear(label + "down", residual, gated, toResidual));
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

    /** Packs parts that stand on each other: one product instead of two or three. */
    private PackedLinear linear(
        String name, int layer, Epilogue epilogue, boolean hasBias, int columns, Part... parts) {
      List<WeightSource> members = new ArrayList<>();
      List<@Nullable WeightSource> biases = new ArrayList<>();
      for (Part part : parts) {
        members.add(weight(part, columns));
        biases.add(hasBias ? checkpoint.tensor(part.name() + ".bias", part.rows()) : null);
      }
      PackedLinear packed =
          backend.pack(new LinearSpec(name, members, biases, epilogue, layer), weightType);
      weightBytes += packed.bytes();
      return packed;
    }

    private PackedVector norm(String name) {
      PackedVector packed = backend.packVector(checkpoint.tensor(name + ".weight", hidden()), 0);
      weightBytes += packed.bytes();
      return packed;
    }

    private WeightSource weight(Part part, int columns) {
      return checkpoint.tensor(part.name() + ".weight", part.rows(), columns);
    }

    private int hidden() {
      return config.hiddenSize();
    }
  }
}
