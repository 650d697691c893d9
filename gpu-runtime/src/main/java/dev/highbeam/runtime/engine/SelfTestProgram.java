// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

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
import java.util.Arrays;
import java.util.List;

/**
 * The decoder of the self-test: two Llama-like layers, of which the first sees every earlier token
 * and the second a window, so that wrong keys or values show both far away and close by.
 */
final class SelfTestProgram {

  static final int VOCABULARY = 97;

  private static final int HIDDEN = 64;
  private static final int HEAD_DIM = 64;
  private static final int QUERY_HEADS = 2;
  private static final int KV_HEADS = 1;
  private static final int GATE = 96;
  private static final int[] WINDOWS = {0, 8};
  private static final float EPSILON = 1e-5f;

  private final Backend backend;
  private final DType dtype;
  private final Program.Builder program = Program.builder(VOCABULARY);
  private long seed = 1;

  private SelfTestProgram(Backend backend, DType dtype) {
    this.backend = backend;
    this.dtype = dtype;
  }

  /** Packs the weights and records the program, in the types that an engine would get. */
  static Program record(Backend backend, DType dtype, DType kvType) {
    return new SelfTestProgram(backend, dtype).record(kvType);
  }

  private Program record(DType kvType) {
    DType activations = backend.activationType(dtype);
    int queryWidth = QUERY_HEADS * HEAD_DIM;
    int kvWidth = KV_HEADS * HEAD_DIM;
    Buffer residual = tokens("residual", HIDDEN, DType.F32);
    Buffer normed = tokens("normed", HIDDEN, activations);
    Buffer qkv = tokens("qkv", queryWidth + 2 * kvWidth, activations);
    Buffer attended = tokens("attended", queryWidth, activations);
    Buffer gated = tokens("gated", GATE, activations);
    KvGroup group = program.kvGroup(WINDOWS.length, KV_HEADS, HEAD_DIM, backend.kvType(kvType));
    WeightSource words = matrix(0x1p-6f, VOCABULARY, HIDDEN);
    program.body(new Op.Embed("embed", residual, backend.packTable(words, dtype), 1));
    for (int layer = 0; layer < WINDOWS.length; layer++) {
      String name = "self-test layer " + layer + " ";
      AttentionSpec attention =
          new AttentionSpec(
              QUERY_HEADS,
              KV_HEADS,
              HEAD_DIM,
              (float) (1 / Math.sqrt(HEAD_DIM)),
              WINDOWS[layer],
              0);
      program
          .body(new Op.RmsNorm(name + "norm", normed, residual, norm(), EPSILON))
          .body(
              new Op.Linear(
                  name + "qkv",
                  qkv,
                  normed,
                  linear(layer, Epilogue.STORE, HIDDEN, 0x1p-8f, queryWidth, kvWidth, kvWidth)))
          .body(new Op.RopeAppend(name + "rope", qkv, attention, rope(), group, layer))
          .body(new Op.Attention(name + "attention", attended, qkv, attention, group, layer))
          .body(
              new Op.Linear(
                  name + "output",
                  residual,
                  attended,
                  linear(layer, Epilogue.ADD, queryWidth, 0x1p-7f, HIDDEN)))
          .body(new Op.RmsNorm(name + "mlp norm", normed, residual, norm(), EPSILON))
          .body(
              new Op.Linear(
                  name + "gate and up",
                  gated,
                  normed,
                  linear(layer, Epilogue.GATED_SILU, HIDDEN, 0x1p-8f, GATE, GATE)))
          .body(
              new Op.Linear(
                  name + "down",
                  residual,
                  gated,
                  linear(layer, Epilogue.ADD, GATE, 0x1p-8f, HIDDEN)));
    }
    recordHead(residual, activations);
    return program.build();
  }

  private void recordHead(Buffer residual, DType activations) {
    Buffer.Rows rows = Buffer.Rows.LOGIT_ROWS;
    Buffer gathered = program.buffer("gathered", rows, HIDDEN, DType.F32);
    Buffer headNormed = program.buffer("head normed", rows, HIDDEN, activations);
    Buffer logits = program.buffer("logits", rows, VOCABULARY, DType.F32);
    PackedLinear head = linear(LinearSpec.NO_LAYER, Epilogue.STORE, HIDDEN, 0x1p-7f, VOCABULARY);
    program
        .head(new Op.Gather("self-test gather", gathered, residual))
        .head(new Op.RmsNorm("self-test final norm", headNormed, gathered, norm(), EPSILON))
        .head(new Op.Linear("self-test head", logits, headNormed, head))
        .head(new Op.ScoreOrSample("self-test sample", logits));
  }

  private Buffer tokens(String name, int width, DType type) {
    return program.buffer(name, Buffer.Rows.TOKENS, width, type);
  }

  private WeightSource matrix(float step, int rows, int columns) {
    return new SelfTestWeights("self-test " + seed, seed++, step, rows, columns);
  }

  /** Around one: an offset is part of what a backend packs. */
  private PackedVector norm() {
    return backend.packVector(new SelfTestWeights("self-test " + seed, seed++, 0x1p-9f, HIDDEN), 1);
  }

  private PackedLinear linear(
      int layer, Epilogue epilogue, int width, float step, int... memberRows) {
    List<WeightSource> members = new ArrayList<>();
    for (int rows : memberRows) {
      members.add(matrix(step, rows, width));
    }
    List<WeightSource> biases = Arrays.asList(new WeightSource[memberRows.length]);
    return backend.pack(
        new LinearSpec("self-test linear " + seed, members, biases, epilogue, layer), dtype);
  }

  private static RopeSpec rope() {
    float[] frequencies = new float[HEAD_DIM / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = (float) Math.pow(10_000, -2.0 * i / HEAD_DIM);
    }
    return new RopeSpec(HEAD_DIM, frequencies, 1);
  }
}
