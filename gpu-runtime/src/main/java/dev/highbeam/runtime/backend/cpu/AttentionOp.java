// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.Op;
import java.util.Arrays;

/**
 * Shares attention out: a task is one kv head and a block of up to 16 rows of one entry, a row
 * being a pair of token and query head of that kv head. Rows of one token lie together, so that a
 * decode token's query heads read their keys and values once.
 */
final class AttentionOp implements BoundOp, ThreadPool.Task {

  private final Op.Attention op;
  private final AttentionBlock[] blocks;
  private final ThreadPool pool;
  private final int groupSize;

  /** [S + 1] offsets of the entries' blocks. */
  private final int[] blockIndptr;

  private StepState step;

  AttentionOp(Op.Attention op, float[] out, float[] qkv, KvCache cache, BindContext binding) {
    this.op = op;
    this.step = binding.step();
    this.pool = binding.context().pool();
    AttentionSpec attention = op.attention();
    groupSize = attention.queryHeads() / attention.kvHeads();
    blockIndptr = new int[step.batch().queryIndptr.length];
    blocks = new AttentionBlock[pool.threads()];
    for (int worker = 0; worker < blocks.length; worker++) {
      blocks[worker] =
          new AttentionBlock(
              op, out, qkv, cache, binding.context().kernels(), binding.context().scratch(worker));
    }
  }

  @Override
  public String label() {
    return op.label();
  }

  @Override
  public void run(StepState current) {
    step = current;
    ForwardBatch batch = step.batch();
    for (int entry = 0; entry < batch.entryCount(); entry++) {
      int rows = (batch.queryIndptr[entry + 1] - batch.queryIndptr[entry]) * groupSize;
      int count = (rows + AttentionScratch.ROWS - 1) / AttentionScratch.ROWS;
      blockIndptr[entry + 1] = blockIndptr[entry] + count;
    }
    pool.run(blockIndptr[batch.entryCount()] * op.attention().kvHeads(), this);
  }

  @Override
  public void run(int task, int worker) {
    int kvHeads = op.attention().kvHeads();
    int block = task / kvHeads;
    int entry = Arrays.binarySearch(blockIndptr, 0, step.batch().entryCount(), block);
    entry = entry < 0 ? -entry - 2 : entry;
    int firstRow = (block - blockIndptr[entry]) * AttentionScratch.ROWS;
    blocks[worker].run(step.batch(), entry, firstRow, task % kvHeads);
  }
}
