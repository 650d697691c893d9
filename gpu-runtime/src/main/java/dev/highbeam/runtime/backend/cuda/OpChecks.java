// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.KvGroup;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.Program;

/**
 * Holds an op's buffers against what its kernels take for granted. Kernels see addresses, widths
 * and type codes only: what does not fit is refused here, by name, before anything is launched.
 */
final class OpChecks {

  private OpChecks() {}

  /**
   * Checks all ops of a program.
   *
   * @throws IllegalArgumentException naming the op, the buffer and what it must be
   */
  static void check(Program program) {
    program.body().forEach(op -> check(op, program));
    program.head().forEach(op -> check(op, program));
  }

  // Op is sealed; Java 17 has no exhaustive switch over its records yet.
  private static void check(Op op, Program program) {
    if (op instanceof Op.Embed embed) {
      check(embed);
    } else if (op instanceof Op.RmsNorm norm) {
      check(norm);
    } else if (op instanceof Op.Linear linear) {
      check(linear);
    } else if (op instanceof Op.RopeAppend append) {
      check(append);
    } else if (op instanceof Op.Attention attention) {
      check(attention);
    } else if (op instanceof Op.Gather gather) {
      check(gather);
    } else if (op instanceof Op.ScoreOrSample sample) {
      check(sample, program.vocabularySize());
    }
  }

  private static void check(Op.Embed op) {
    checkBuffer(op, op.table().width(), op.out());
  }

  private static void check(Op.RmsNorm op) {
    checkBuffer(op, op.weight().length(), op.in());
    checkBuffer(op, op.in().width(), op.out());
  }

  private static void check(Op.Linear op) {
    checkBuffer(op, op.weight().spec().inputWidth(), op.in());
    checkBuffer(op, op.weight().spec().outputWidth(), op.out());
    if (op.weight().spec().epilogue() == Epilogue.ADD) {
      checkIsF32(op, op.out());
    }
  }

  private static void check(Op.RopeAppend op) {
    checkQkv(op, op.attention(), op.qkv(), op.group(), op.layer());
    int rotated = op.rope().rotaryDim();
    Checks.checkArgument(
        rotated >= 0 && rotated % 2 == 0 && rotated <= op.attention().headDim(),
        "op %s must rotate an even number of elements up to %s, was %s",
        op.label(),
        op.attention().headDim(),
        rotated);
  }

  private static void check(Op.Attention op) {
    checkQkv(op, op.attention(), op.qkv(), op.group(), op.layer());
    checkBuffer(op, op.attention().queryHeads() * op.attention().headDim(), op.out());
  }

  private static void check(Op.Gather op) {
    checkBuffer(op, op.in().width(), op.in());
    checkBuffer(op, op.in().width(), op.out());
  }

  private static void check(Op.ScoreOrSample op, int vocabularySize) {
    checkBuffer(op, vocabularySize, op.logits());
    checkIsF32(op, op.logits());
  }

  private static void checkBuffer(Op op, int width, Buffer buffer) {
    Checks.checkArgument(
        buffer.width() == width,
        "buffer %s of op %s must be %s wide, was %s",
        buffer.name(),
        op.label(),
        width,
        buffer.width());
    Checks.checkArgument(
        buffer.dtype() != DType.FP8_E4M3,
        "buffer %s of op %s must be of F32, BF16 or F16, was %s",
        buffer.name(),
        op.label(),
        buffer.dtype());
  }

  private static void checkIsF32(Op op, Buffer buffer) {
    Checks.checkArgument(
        buffer.dtype() == DType.F32,
        "buffer %s of op %s must be of F32, was %s",
        buffer.name(),
        op.label(),
        buffer.dtype());
  }

  private static void checkQkv(
      Op op, AttentionSpec attention, Buffer qkv, KvGroup group, int layer) {
    int heads = attention.queryHeads() + 2 * attention.kvHeads();
    checkBuffer(op, heads * attention.headDim(), qkv);
    Checks.checkArgument(
        attention.queryHeads() % attention.kvHeads() == 0,
        "op %s must have the same number of query heads for each of %s kv heads, was %s in all",
        op.label(),
        attention.kvHeads(),
        attention.queryHeads());
    Checks.checkArgument(
        group.kvHeads() == attention.kvHeads() && group.headDim() == attention.headDim(),
        "op %s must have the heads of its kv group (%s of %s), was %s of %s",
        op.label(),
        group.kvHeads(),
        group.headDim(),
        attention.kvHeads(),
        attention.headDim());
    Checks.checkArgument(
        layer >= 0 && layer < group.layerCount(),
        "op %s must be of a layer from 0 to %s, was %s",
        op.label(),
        group.layerCount() - 1,
        layer);
  }
}
