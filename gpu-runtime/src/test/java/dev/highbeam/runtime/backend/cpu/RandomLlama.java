// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.KvGroup;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.PackedLinear;
import dev.highbeam.runtime.backend.PackedVector;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.RopeSpec;
import dev.highbeam.runtime.backend.WeightSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A decoder of the Llama family with random weights, recorded for any backend. */
record RandomLlama(
    int layers,
    int hidden,
    int ffn,
    int queryHeads,
    int kvHeads,
    int headDim,
    int vocabulary,
    int window,
    float softCap) {

  /** About 0.1 billion parameters: 12 layers of 768, a vocabulary of 32000. */
  static final RandomLlama SMALL = new RandomLlama(12, 768, 2048, 12, 4, 64, 32_000, 0, 0);

  /** Parameters of all linears, the head included: each is two operations per token. */
  long linearParameters() {
    long attention = (long) hidden * headDim * (2L * queryHeads + 2L * kvHeads);
    return layers * (attention + 3L * hidden * ffn) + (long) hidden * vocabulary;
  }

  /** Operations of attention per pair of query and key. */
  long attentionOperations() {
    return 4L * layers * queryHeads * headDim;
  }

  Program record(Backend backend, DType asked) {
    DType activation = backend.activationType(asked);
    Program.Builder program = Program.builder(vocabulary);
    Buffer stream = program.buffer("stream", Buffer.Rows.TOKENS, hidden, DType.F32);
    Buffer normed = program.buffer("normed", Buffer.Rows.TOKENS, hidden, activation);
    int qkvWidth = (queryHeads + 2 * kvHeads) * headDim;
    Buffer qkv = program.buffer("qkv", Buffer.Rows.TOKENS, qkvWidth, activation);
    Buffer mixed = program.buffer("mixed", Buffer.Rows.TOKENS, queryHeads * headDim, activation);
    Buffer gated = program.buffer("gated", Buffer.Rows.TOKENS, ffn, activation);
    Buffer last = program.buffer("last", Buffer.Rows.LOGIT_ROWS, hidden, DType.F32);
    Buffer lastNormed = program.buffer("lastNormed", Buffer.Rows.LOGIT_ROWS, hidden, activation);
    Buffer logits = program.buffer("logits", Buffer.Rows.LOGIT_ROWS, vocabulary, DType.F32);
    KvGroup group = program.kvGroup(layers, kvHeads, headDim, backend.kvType(asked));
    AttentionSpec attention =
        new AttentionSpec(
            queryHeads, kvHeads, headDim, (float) (1 / Math.sqrt(headDim)), window, softCap);
    RopeSpec rope = rope();
    WeightSource table = RandomWeights.of("table", asked, vocabulary, hidden);
    program.body(new Op.Embed("embed", stream, backend.packTable(table, asked), 8f));
    for (int layer = 0; layer < layers; layer++) {
      String name = "layer" + layer;
      PackedLinear toQkv =
          linear(backend, asked, name + ".qkv", Epilogue.STORE, hidden, qkvWidth, 0);
      PackedLinear toStream =
          linear(backend, asked, name + ".o", Epilogue.ADD, queryHeads * headDim, hidden, 0);
      PackedLinear toGated =
          linear(backend, asked, name + ".gate", Epilogue.GATED_SILU, hidden, ffn, ffn);
      PackedLinear down = linear(backend, asked, name + ".down", Epilogue.ADD, ffn, hidden, 0);
      program
          .body(new Op.RmsNorm(name + ".norm1", normed, stream, norm(backend, name + "a"), 1e-5f))
          .body(new Op.Linear(name + ".qkv", qkv, normed, toQkv))
          .body(new Op.RopeAppend(name + ".rope", qkv, attention, rope, group, layer))
          .body(new Op.Attention(name + ".attention", mixed, qkv, attention, group, layer))
          .body(new Op.Linear(name + ".o", stream, mixed, toStream))
          .body(new Op.RmsNorm(name + ".norm2", normed, stream, norm(backend, name + "b"), 1e-5f))
          .body(new Op.Linear(name + ".gate", gated, normed, toGated))
          .body(new Op.Linear(name + ".down", stream, gated, down));
    }
    PackedLinear toLogits = linear(backend, asked, "head", Epilogue.STORE, hidden, vocabulary, 0);
    return program
        .head(new Op.Gather("gather", last, stream))
        .head(new Op.RmsNorm("norm", lastNormed, last, norm(backend, "last"), 1e-5f))
        .head(new Op.Linear("head", logits, lastNormed, toLogits))
        .head(new Op.ScoreOrSample("sample", logits))
        .build();
  }

  private RopeSpec rope() {
    float[] frequencies = new float[headDim / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = (float) Math.pow(10_000, -2.0 * i / headDim);
    }
    return new RopeSpec(headDim, frequencies, 1f);
  }

  private PackedVector norm(Backend backend, String name) {
    return backend.packVector(RandomWeights.of(name, DType.F32, hidden), 1f);
  }

  private static PackedLinear linear(
      Backend backend,
      DType dtype,
      String name,
      Epilogue epilogue,
      int width,
      int firstRows,
      int secondRows) {
    List<WeightSource> members = new ArrayList<>();
    members.add(RandomWeights.of(name + ".first", dtype, firstRows, width));
    if (secondRows > 0) {
      members.add(RandomWeights.of(name + ".second", dtype, secondRows, width));
    }
    List<@Nullable WeightSource> biases = Collections.nCopies(members.size(), null);
    return backend.pack(new LinearSpec(name, members, biases, epilogue), dtype);
  }
}
