// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.KvGroup;
import dev.highbeam.runtime.backend.Op;

/** Holds ops against the shapes of their buffers before they are bound. */
final class OpChecks {

  private OpChecks() {}

  static void norm(Op.RmsNorm op) {
    width(op, op.weight().length(), op.in());
  }

  static void linear(Op.Linear op) {
    width(op, op.weight().spec().inputWidth(), op.in());
    width(op, op.weight().spec().outputWidth(), op.out());
  }

  static void gather(Op.Gather op) {
    width(op, op.in().width(), op.out());
  }

  static void qkv(Op op, AttentionSpec attention, Buffer qkv, KvGroup group) {
    int heads = attention.queryHeads() + 2 * attention.kvHeads();
    width(op, heads * attention.headDim(), qkv);
    Checks.checkArgument(
        group.kvHeads() == attention.kvHeads() && group.headDim() == attention.headDim(),
        "op %s must have the heads of its kv group (%s of %s), was %s of %s",
        op.label(),
        group.kvHeads(),
        group.headDim(),
        attention.kvHeads(),
        attention.headDim());
  }

  private static void width(Op op, int expected, Buffer buffer) {
    Checks.checkArgument(
        buffer.width() == expected,
        "buffer %s of op %s must be %s wide, was %s",
        buffer.name(),
        op.label(),
        expected,
        buffer.width());
  }
}
