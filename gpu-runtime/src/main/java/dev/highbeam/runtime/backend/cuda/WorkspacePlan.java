// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.Program;
import java.util.ArrayList;
import java.util.List;

/**
 * Sizes of the memory for partial results.
 *
 * @param maxPartials splits of OUTPUT attention that can be apart at once; rows beyond run whole
 * @param partialBytes bytes for partial sums, of attention or of a split linear
 * @param counterBytes bytes of the counters of split linears
 * @param sampleWorkBytes bytes that hand rows of logits from kernel to kernel
 * @param sampleScratchBytes bytes of the penalties' counts
 */
record WorkspacePlan(
    int maxPartials,
    long partialBytes,
    long counterBytes,
    long sampleWorkBytes,
    long sampleScratchBytes) {

  /** Enough for 256 sequences of 4096 tokens; a bound on memory, not on what can be computed. */
  private static final int MOST_PARTIALS = 2048;

  static WorkspacePlan of(Program program, Capacity capacity, KernelTarget target) {
    int splits =
        (capacity.maxModelLength() + AttentionWork.SPLIT_TOKENS - 1) / AttentionWork.SPLIT_TOKENS;
    int maxPartials =
        splits == 1 ? 1 : (int) Math.min(MOST_PARTIALS, (long) splits * capacity.maxStepTokens());
    long partialBytes = Float.BYTES;
    long counterBytes = Integer.BYTES;
    for (Op op : ops(program)) {
      if (op instanceof Op.Attention attention) {
        partialBytes = Math.max(partialBytes, attentionBytes(attention.attention(), maxPartials));
      }
    }
    for (Op op : ops(program)) {
      if (op instanceof Op.Linear linear) {
        SplitNeed need = LinearOp.splitNeed(linear, target, mostRows(linear.out(), capacity));
        partialBytes = Math.max(partialBytes, need.partialBytes());
        counterBytes = Math.max(counterBytes, need.counterBytes());
      }
    }
    return new WorkspacePlan(
        maxPartials,
        partialBytes,
        counterBytes,
        SampleOps.workBytes(program, capacity),
        SampleOps.scratchBytes(program, capacity));
  }

  /** All ops of a program. */
  static List<Op> ops(Program program) {
    List<Op> ops = new ArrayList<>(program.body());
    ops.addAll(program.head());
    return ops;
  }

  private static int mostRows(Buffer buffer, Capacity capacity) {
    return buffer.rows() == Buffer.Rows.TOKENS ? capacity.maxStepTokens() : capacity.headRows();
  }

  private static long attentionBytes(AttentionSpec spec, int maxPartials) {
    return (long) maxPartials * spec.queryHeads() * (spec.headDim() + 2) * Float.BYTES;
  }

  long bytes() {
    return partialBytes + counterBytes + sampleWorkBytes + sampleScratchBytes;
  }

  /** What one split linear needs. */
  record SplitNeed(long partialBytes, long counterBytes) {}
}
