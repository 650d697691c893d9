// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.Op;

/**
 * Shares attention out: a task is a block of up to 64 rows of one entry and one kv head, a row
 * being a pair of token and query head of that kv head.
 */
final class TileAttentionOp implements BoundOp, ThreadPool.Task {

  /** Enough to even out what other processes take away. */
  private static final int CLAIMS_PER_THREAD = 8;

  private static final int MAX_PER_CLAIM = 32;

  private final Op.Attention op;
  private final TileBinding binding;
  private final int groupSize;
  private final TileStep.Ints blocks;
  private final long call;
  private int tasks;
  private int perClaim;

  TileAttentionOp(Op.Attention op, TileCache cache, Capacity capacity, TileBinding binding) {
    this.op = op;
    this.binding = binding;
    AttentionSpec spec = op.attention();
    groupSize = spec.queryHeads() / spec.kvHeads();
    int entries = new ForwardBatch(capacity).stateSlots.length;
    int mostBlocks =
        entries + (int) ((long) capacity.maxStepTokens() * groupSize / TileKernels.ATTENTION_ROWS);
    blocks = new TileStep.Ints(binding.memory(), 2 * mostBlocks);
    float[] sinks = spec.sinks();
    call =
        TileKernels.newAttention(
            binding.buffers().address(op.qkv()),
            spec.queryHeads(),
            spec.window(),
            spec.scale(),
            spec.softCap(),
            sinks == null ? 0 : binding.memory().take(sinks),
            cache.layer(op.layer()),
            binding.step().arrays(),
            blocks.address(),
            binding.buffers().matrix(op.out()));
    binding.memory().atEnd(() -> TileKernels.freeAttention(call));
  }

  @Override
  public String label() {
    return op.label();
  }

  @Override
  public void run(StepState step) {
    ForwardBatch batch = step.batch();
    int count = 0;
    for (int entry = 0; entry < batch.entryCount(); entry++) {
      int rows = (batch.queryIndptr[entry + 1] - batch.queryIndptr[entry]) * groupSize;
      for (int row = 0; row < rows; row += TileKernels.ATTENTION_ROWS) {
        blocks.put(2 * count, entry);
        blocks.put(2 * count + 1, row);
        count++;
      }
    }
    int kvHeads = op.attention().kvHeads();
    tasks = count * kvHeads;
    // A thread fetches ahead within what it takes at once; heads of one block lie side by side.
    int wanted = binding.pool().threads() * CLAIMS_PER_THREAD;
    perClaim = Math.max(1, Math.min(MAX_PER_CLAIM, tasks / wanted));
    binding.pool().run(TileLayout.count(tasks, perClaim), this);
  }

  @Override
  public void run(int task, int worker) {
    int begin = task * perClaim;
    int end = Math.min(tasks, begin + perClaim);
    TileKernels.attention(call, begin, end, binding.scratches()[worker]);
  }
}
