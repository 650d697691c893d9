// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.Op;

/** Rotates queries and keys and fills the cache, a few tokens at a time on each thread. */
final class TileRopeOp implements BoundOp, ThreadPool.Task {

  private static final int TOKENS_PER_TASK = 4;

  private final Op.RopeAppend op;
  private final ThreadPool pool;
  private final long call;
  private int tokens;

  TileRopeOp(Op.RopeAppend op, TileAngles angles, TileCache cache, TileBinding binding) {
    this.op = op;
    this.pool = binding.pool();
    call =
        TileKernels.newRope(
            binding.buffers().address(op.qkv()),
            op.attention().queryHeads(),
            angles.cosines(),
            angles.sines(),
            op.rope().rotaryDim() / 2,
            cache.layer(op.layer()),
            binding.step().arrays());
    binding.memory().atEnd(() -> TileKernels.freeRope(call));
  }

  @Override
  public String label() {
    return op.label();
  }

  @Override
  public void run(StepState step) {
    tokens = step.rows(op.qkv());
    pool.run((tokens + TOKENS_PER_TASK - 1) / TOKENS_PER_TASK, this);
  }

  @Override
  public void run(int task, int worker) {
    int begin = task * TOKENS_PER_TASK;
    TileKernels.ropeAppend(call, begin, Math.min(tokens, begin + TOKENS_PER_TASK));
  }
}
