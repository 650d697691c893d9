// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.ForwardBatch.TokenClass;
import dev.highbeam.runtime.backend.SlotAssignment;
import dev.highbeam.runtime.backend.StepOutput;

/**
 * The smallest way to run a model: one sequence, its prompt in one step, then one greedy token per
 * step. Pages are used from the highest down, so that no page id equals its place.
 */
final class HandLoop implements AutoCloseable {

  private static final SamplingParams GREEDY =
      SamplingParams.of(
          Settings.none(SamplingSetting.class)
              .with(SamplingSetting.TEMPERATURE, 0)
              .with(SamplingSetting.SEED, 0));

  private final Capacity capacity;
  private final Executable executable;
  private final ForwardBatch batch;

  /**
   * What a run gives: log-probabilities of the prompt's tokens but the first, then the greedy
   * tokens with theirs.
   */
  record Run(float[] promptLogprobs, int[] tokenIds, float[] logprobs) {}

  HandLoop(Backend backend, DecoderModel model, int maxTokens) {
    int pageSize = 16;
    capacity = new Capacity(maxTokens, 1, maxTokens, pageSize, maxTokens / pageSize + 1);
    executable = backend.compile(model.program(), capacity);
    batch = new ForwardBatch(capacity);
  }

  Run run(int[] prompt, int count) {
    float[] promptLogprobs = new float[prompt.length - 1];
    int[] tokenIds = new int[count];
    float[] logprobs = new float[count];
    batch.clear();
    batch.assign(
        new SlotAssignment(0, GREEDY, 0, prompt.length, prompt, prompt.length, new int[0]));
    for (int i = 0; i < prompt.length; i++) {
      put(i, prompt[i], i);
      batch.logitRows[i] = i;
      batch.logitTargets[i] = i + 1 < prompt.length ? prompt[i + 1] : ForwardBatch.SAMPLE;
      batch.logitAlternatives[i] = 0;
    }
    StepOutput output = step(prompt.length, prompt.length, prompt.length, TokenClass.PROMPT);
    for (int i = 0; i < promptLogprobs.length; i++) {
      promptLogprobs[i] = output.logprob(i);
    }
    int row = prompt.length - 1;
    for (int i = 0; i < count; i++) {
      tokenIds[i] = output.tokenId(row);
      logprobs[i] = output.logprob(row);
      row = 0;
      if (i + 1 < count) {
        batch.clear();
        // -1: the last token of state slot 0, which the host need not know.
        put(0, -1, prompt.length + i);
        batch.logitRows[0] = 0;
        batch.logitTargets[0] = ForwardBatch.SAMPLE;
        batch.logitAlternatives[0] = 0;
        output = step(1, prompt.length + i + 1, 1, TokenClass.OUTPUT);
      }
    }
    return new Run(promptLogprobs, tokenIds, logprobs);
  }

  private void put(int i, int tokenId, int position) {
    batch.tokenIds[i] = tokenId;
    batch.positions[i] = position;
    batch.slotMapping[i] =
        page(position / capacity.pageSize()) * capacity.pageSize() + position % capacity.pageSize();
  }

  private StepOutput step(int tokens, int length, int logits, TokenClass tokenClass) {
    int pages = (length + capacity.pageSize() - 1) / capacity.pageSize();
    for (int i = 0; i < pages; i++) {
      batch.pageIndices[i] = page(i);
    }
    batch.stateSlots[0] = 0;
    batch.lastPageLength[0] = length - (pages - 1) * capacity.pageSize();
    batch.endEntry(tokens, pages, logits, tokenClass);
    executable.launch(batch);
    return executable.await();
  }

  private int page(int i) {
    return capacity.pageCount() - 1 - i;
  }

  @Override
  public void close() {
    executable.close();
  }
}
