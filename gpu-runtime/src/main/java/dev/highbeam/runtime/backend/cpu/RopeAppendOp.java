// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.Op;

/** Rotates queries and keys and fills the cache, a few tokens at a time on each thread. */
final class RopeAppendOp implements BoundOp, ThreadPool.Task {

  private static final int TOKENS_PER_TASK = 4;

  private final Op.RopeAppend op;
  private final float[] qkv;
  private final KvCache cache;
  private final RopeTable rope;
  private final CpuContext context;
  private StepState step;
  private int tokens;

  RopeAppendOp(Op.RopeAppend op, float[] qkv, KvCache cache, RopeTable rope, BindContext binding) {
    this.op = op;
    this.qkv = qkv;
    this.cache = cache;
    this.rope = rope;
    this.context = binding.context();
    this.step = binding.step();
  }

  @Override
  public String label() {
    return op.label();
  }

  @Override
  public void run(StepState current) {
    step = current;
    tokens = step.rows(op.qkv());
    context.pool().run((tokens + TOKENS_PER_TASK - 1) / TOKENS_PER_TASK, this);
  }

  @Override
  public void run(int task, int worker) {
    int end = Math.min(tokens, (task + 1) * TOKENS_PER_TASK);
    for (int token = task * TOKENS_PER_TASK; token < end; token++) {
      runToken(step.batch(), token);
    }
  }

  private void runToken(ForwardBatch batch, int token) {
    AttentionSpec attention = op.attention();
    int headDim = attention.headDim();
    int keys = token * op.qkv().width() + attention.queryHeads() * headDim;
    int values = keys + attention.kvHeads() * headDim;
    for (int head = token * op.qkv().width(); head < values; head += headDim) {
      rope.rotate(qkv, head, batch.positions[token]);
    }
    if (op.qkv().dtype() == DType.BF16) {
      int start = token * op.qkv().width();
      context.kernels().roundToBf16(qkv, start, values - start);
    }
    for (int head = 0; head < attention.kvHeads(); head++) {
      cache.append(
          op.layer(),
          batch.slotMapping[token],
          head,
          qkv,
          keys + head * headDim,
          values + head * headDim);
    }
  }
}
