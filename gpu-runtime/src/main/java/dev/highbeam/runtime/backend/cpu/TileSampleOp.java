// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.sampling.Sampler;

/** Scores or samples, one logit row at a time on each thread. */
final class TileSampleOp implements BoundOp, ThreadPool.Task {

  private final Op.ScoreOrSample op;
  private final TileBinding binding;
  private final LogitScan[] rows;
  private final RowSampling[] samplings;
  private StepState step;

  TileSampleOp(Op.ScoreOrSample op, TileBinding binding, StepState step) {
    this.op = op;
    this.binding = binding;
    this.step = step;
    int workers = binding.pool().threads();
    rows = new LogitScan[workers];
    samplings = new RowSampling[workers];
    for (int worker = 0; worker < workers; worker++) {
      rows[worker] = new LogitScan(op.logits().width(), binding.memory());
      samplings[worker] = new RowSampling(new Sampler(op.logits().width()));
    }
  }

  @Override
  public String label() {
    return op.label();
  }

  @Override
  public void run(StepState current) {
    step = current;
    binding.pool().run(step.rows(op.logits()), this);
  }

  @Override
  public void run(int blockRow, int worker) {
    LogitScan row = rows[worker];
    row.load(binding.buffers().address(op.logits()) + 4L * blockRow * op.logits().width());
    samplings[worker].run(step, step.headStart() + blockRow, row);
  }
}
