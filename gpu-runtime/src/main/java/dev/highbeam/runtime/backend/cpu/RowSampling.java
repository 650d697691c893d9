// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.sampling.LogitRow;
import dev.highbeam.runtime.sampling.SampledToken;
import dev.highbeam.runtime.sampling.Sampler;
import dev.highbeam.runtime.sampling.SequenceSampling;
import java.util.Arrays;

/** What becomes of one row of logits: a token of its state slot, or the score of a known one. */
final class RowSampling {

  private final Sampler sampler;
  private final SampledToken sampled = new SampledToken();

  RowSampling(Sampler sampler) {
    this.sampler = sampler;
  }

  /** Writes the step's output for a logit row of the batch, and the token into its slot. */
  void run(StepState step, int row, LogitRow logits) {
    ForwardBatch batch = step.batch();
    int target = batch.logitTargets[row];
    int alternatives = batch.logitAlternatives[row];
    if (target == ForwardBatch.SAMPLE) {
      SequenceSampling sequence = step.slot(stateSlot(batch, row));
      int position = batch.positions[batch.logitRows[row]] + 1;
      sampler.sample(logits, sequence, position, alternatives, sampled);
      sequence.accept(sampled.tokenId());
    } else {
      sampler.score(logits, target, alternatives, sampled);
    }
    step.output().setToken(row, sampled.tokenId(), sampled.logprob(), sampled.isNonFinite());
    if (sampled.isUniform()) {
      step.output().setUniform(row);
    }
    for (int j = 0; j < sampled.alternativeCount(); j++) {
      step.output().setAlternative(row, j, sampled.topTokenId(j), sampled.topLogprob(j));
    }
  }

  /** The slot of the entry that a logit row belongs to. */
  static int stateSlot(ForwardBatch batch, int row) {
    int entry = Arrays.binarySearch(batch.logitIndptr, 0, batch.entryCount() + 1, row);
    entry = entry < 0 ? -entry - 2 : entry;
    // Entries without logit rows repeat their offset; only the last of equal ones holds the row.
    while (batch.logitIndptr[entry + 1] <= row) {
      entry++;
    }
    return batch.stateSlots[entry];
  }
}
