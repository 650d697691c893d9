// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.StepOutput;

/**
 * A program on this machine. A step is computed while it is launched; awaiting only hands its
 * output over. Used by the engine's thread; {@link #currentOp} by any.
 */
final class CpuExecutable implements Executable {

  private static final int MAX_IN_FLIGHT = 2;

  /** Two in flight, and one that its reader may still hold. */
  private static final int OUTPUTS = MAX_IN_FLIGHT + 1;

  private final BoundOp[] body;
  private final BoundOp[] head;
  private final BoundProgram bound;
  private final StepState step;
  private final int headRows;
  private final CoreShare cores;
  private final Runnable computing = this::compute;
  private final StepOutput[] outputs = new StepOutput[OUTPUTS];
  private long launched;
  private long awaited;
  private volatile String currentOp = "none";

  CpuExecutable(BoundProgram bound, Capacity capacity, CoreShare cores) {
    this.bound = bound;
    this.cores = cores;
    body = bound.body();
    head = bound.head();
    step = bound.step();
    headRows = capacity.headRows();
    for (int i = 0; i < OUTPUTS; i++) {
      outputs[i] = new StepOutput(capacity.maxStepTokens(), SamplingParams.MAX_LOGPROBS);
    }
  }

  @Override
  public void launch(ForwardBatch batch) {
    Checks.checkState(
        launched - awaited < MAX_IN_FLIGHT, "at most %s steps may be in flight", MAX_IN_FLIGHT);
    step.begin(batch, outputs[(int) (launched % OUTPUTS)]);
    bound.begin(batch);
    cores.run(computing);
    launched++;
  }

  @Override
  public StepOutput await() {
    Checks.checkState(awaited < launched, "no step is in flight");
    StepOutput output = outputs[(int) (awaited % OUTPUTS)];
    awaited++;
    return output;
  }

  @Override
  public String currentOp() {
    return currentOp;
  }

  @Override
  public void close() {
    bound.close();
  }

  /** The first rows of a buffer as the last step left them; for tests. */
  float[] contents(Buffer buffer, int rowCount) {
    return bound.contents(buffer, rowCount);
  }

  private void compute() {
    run(body);
    int logits = step.batch().logitCount();
    for (int start = 0; start < logits; start += headRows) {
      step.beginHead(start, Math.min(headRows, logits - start));
      run(head);
    }
  }

  private void run(BoundOp[] ops) {
    for (BoundOp op : ops) {
      currentOp = op.label();
      op.run(step);
    }
  }
}
