// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.sampling.SampledToken;
import dev.highbeam.runtime.sampling.SequenceSampling;

/** Scores or samples, one logit row at a time on each thread. */
final class SampleOp implements BoundOp, ThreadPool.Task {

  private final Op.ScoreOrSample op;
  private final float[] logits;
  private final CpuContext context;
  private StepState step;

  SampleOp(Op.ScoreOrSample op, float[] logits, BindContext binding) {
    this.op = op;
    this.logits = logits;
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
    context.pool().run(step.rows(op.logits()), this);
  }

  @Override
  public void run(int blockRow, int worker) {
    Scratch scratch = context.scratch(worker);
    SampledToken sampled = scratch.sampled;
    ForwardBatch batch = step.batch();
    int row = step.headStart() + blockRow;
    int offset = blockRow * op.logits().width();
    int target = batch.logitTargets[row];
    int alternatives = batch.logitAlternatives[row];
    if (target == ForwardBatch.SAMPLE) {
      SequenceSampling sequence = step.slot(RowSampling.stateSlot(batch, row));
      int position = batch.positions[batch.logitRows[row]] + 1;
      scratch.sampler.sample(logits, offset, sequence, position, alternatives, sampled);
      sequence.accept(sampled.tokenId());
    } else {
      scratch.sampler.score(logits, offset, target, alternatives, sampled);
    }
    step.output().setToken(row, sampled.tokenId(), sampled.logprob(), sampled.isNonFinite());
    if (sampled.isUniform()) {
      step.output().setUniform(row);
    }
    for (int j = 0; j < sampled.alternativeCount(); j++) {
      step.output().setAlternative(row, j, sampled.topTokenId(j), sampled.topLogprob(j));
    }
  }
}
