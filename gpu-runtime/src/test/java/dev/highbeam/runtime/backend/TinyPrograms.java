// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import java.util.Arrays;
import java.util.List;

/** Small decoders with seeded random weights, for tests that need a whole program. */
public final class TinyPrograms {

  /** The shape of a Llama-like decoder; window 0 sees everything. */
  public record Shape(
      int vocabularySize,
      int hiddenSize,
      int layerCount,
      int queryHeads,
      int kvHeads,
      int headDim,
      int gateSize,
      int window) {

    /** Two layers of width 32 over 97 tokens, two query heads per kv head. */
    public static final Shape SMALL = new Shape(97, 32, 2, 4, 2, 8, 48, 0);
  }

  private final Backend backend;
  private final Shape shape;
  private final DType dtype;
  private final Program.Builder program;
  private long seed;

  private TinyPrograms(Backend backend, Shape shape, DType dtype, long seed) {
    this.backend = backend;
    this.shape = shape;
    this.dtype = dtype;
    this.program = Program.builder(shape.vocabularySize());
    this.seed = seed * 1000;
  }

  /** A Llama-like decoder; the weights depend on shape, dtype and seed alone. */
  public static Program llama(Backend backend, Shape shape, DType dtype, long seed) {
    return new TinyPrograms(backend, shape, dtype, seed).build();
  }

  private Program build() {
    DType activations = backend.activationType(dtype);
    int attentionWidth = shape.queryHeads() * shape.headDim();
    int qkvWidth = attentionWidth + 2 * shape.kvHeads() * shape.headDim();
    Buffer residual = tokens("residual", shape.hiddenSize(), DType.F32);
    Buffer normed = tokens("normed", shape.hiddenSize(), activations);
    Buffer qkv = tokens("qkv", qkvWidth, activations);
    Buffer attended = tokens("attended", attentionWidth, activations);
    Buffer gated = tokens("gated", shape.gateSize(), activations);
    KvGroup group =
        program.kvGroup(
            shape.layerCount(), shape.kvHeads(), shape.headDim(), backend.kvType(dtype));
    AttentionSpec attention =
        new AttentionSpec(
            shape.queryHeads(),
            shape.kvHeads(),
            shape.headDim(),
            (float) (1 / Math.sqrt(shape.headDim())),
            shape.window(),
            0);
    program.body(
        new Op.Embed("embed", residual, backend.packTable(matrix(vocabulary()), dtype), 1));
    for (int layer = 0; layer < shape.layerCount(); layer++) {
      String name = "layer " + layer + " ";
      int kv = shape.kvHeads() * shape.headDim();
      program.body(new Op.RmsNorm(name + "norm 1", normed, residual, norm(), 1e-5f));
      PackedLinear in = linear(layer, Epilogue.STORE, shape.hiddenSize(), attentionWidth, kv, kv);
      program.body(new Op.Linear(name + "qkv", qkv, normed, in));
      program.body(new Op.RopeAppend(name + "rope", qkv, attention, rope(), group, layer));
      program.body(new Op.Attention(name + "attention", attended, qkv, attention, group, layer));
      PackedLinear out = linear(layer, Epilogue.ADD, attentionWidth, shape.hiddenSize());
      program.body(new Op.Linear(name + "out", residual, attended, out));
      program.body(new Op.RmsNorm(name + "norm 2", normed, residual, norm(), 1e-5f));
      PackedLinear gate =
          linear(
              layer, Epilogue.GATED_SILU, shape.hiddenSize(), shape.gateSize(), shape.gateSize());
      program.body(new Op.Linear(name + "gate", gated, normed, gate));
      PackedLinear down = linear(layer, Epilogue.ADD, shape.gateSize(), shape.hiddenSize());
      program.body(new Op.Linear(name + "down", residual, gated, down));
    }
    head(residual, activations);
    return program.build();
  }

  private void head(Buffer residual, DType activations) {
    Buffer.Rows rows = Buffer.Rows.LOGIT_ROWS;
    Buffer last = program.buffer("last", rows, shape.hiddenSize(), DType.F32);
    Buffer normed = program.buffer("last normed", rows, shape.hiddenSize(), activations);
    Buffer logits = program.buffer("logits", rows, shape.vocabularySize(), DType.F32);
    program.head(new Op.Gather("gather", last, residual));
    program.head(new Op.RmsNorm("last norm", normed, last, norm(), 1e-5f));
    PackedLinear weights =
        linear(LinearSpec.NO_LAYER, Epilogue.STORE, shape.hiddenSize(), shape.vocabularySize());
    program.head(new Op.Linear("logits", logits, normed, weights));
    program.head(new Op.ScoreOrSample("sample", logits));
  }

  private Buffer tokens(String name, int width, DType type) {
    return program.buffer(name, Buffer.Rows.TOKENS, width, type);
  }

  private long[] vocabulary() {
    return new long[] {shape.vocabularySize(), shape.hiddenSize()};
  }

  private InMemoryWeights matrix(long... sizes) {
    float scale = (float) Math.sqrt(6.0 / sizes[sizes.length - 1]);
    return InMemoryWeights.random("weights " + seed, dtype, seed++, scale, sizes);
  }

  private PackedVector norm() {
    InMemoryWeights weights =
        InMemoryWeights.random("norm " + seed, dtype, seed++, 0.2f, shape.hiddenSize());
    return backend.packVector(weights, 1);
  }

  private PackedLinear linear(int layer, Epilogue epilogue, int width, int... memberRows) {
    List<WeightSource> members =
        Arrays.stream(memberRows).mapToObj(rows -> (WeightSource) matrix(rows, width)).toList();
    List<WeightSource> biases = Arrays.asList(new WeightSource[memberRows.length]);
    return backend.pack(new LinearSpec("linear " + seed, members, biases, epilogue, layer), dtype);
  }

  private RopeSpec rope() {
    float[] frequencies = new float[shape.headDim() / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = (float) Math.pow(10_000, -2.0 * i / shape.headDim());
    }
    return new RopeSpec(shape.headDim(), frequencies, 1);
  }
}
