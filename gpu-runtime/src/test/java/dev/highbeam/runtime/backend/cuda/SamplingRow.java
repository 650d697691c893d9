// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.SamplingParams;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * One logit row of a sampling test, an entry of its own with its own slot.
 *
 * @param target the token to score, or -1 to sample
 * @param tokens the sequence so far; the row belongs to the last one
 */
@SuppressWarnings("ArrayRecordComponent") // Test data, never compared.
record SamplingRow(
    float[] logits,
    int target,
    int alternatives,
    SamplingParams params,
    int sampleIndex,
    int promptLength,
    int[] tokens,
    int[] endTokens) {

  /** A row that is sampled with nothing before it but token 0. */
  static SamplingRow sampled(float[] logits, SamplingParams params) {
    return new SamplingRow(logits, -1, 0, params, 0, 1, new int[1], new int[0]);
  }

  int lastToken() {
    return tokens[tokens.length - 1];
  }

  /** The words of the row's assignment to a slot: what assign_slots reads. */
  IntStream assignment(int slot) {
    Map<Integer, Float> biases = params.logitBias();
    int[] head = {slot, lastToken(), 3 + 16 + endTokens.length + 2 * biases.size()};
    IntStream lists =
        IntStream.concat(
            IntStream.of(endTokens),
            IntStream.concat(
                biases.keySet().stream().mapToInt(id -> id),
                biases.values().stream().mapToInt(Float::floatToRawIntBits)));
    return IntStream.concat(
        IntStream.concat(IntStream.of(head), IntStream.of(slotWords(biases.size()))), lists);
  }

  private int[] slotWords(int biasCount) {
    long seed = params.seed().orElseThrow();
    return new int[] {
      Float.floatToRawIntBits(params.temperature()),
      Float.floatToRawIntBits(params.topP()),
      params.topK(),
      Float.floatToRawIntBits(params.minP()),
      (int) seed,
      (int) (seed >>> 32),
      sampleIndex,
      promptLength,
      params.minTokens(),
      Float.floatToRawIntBits(params.repetitionPenalty()),
      Float.floatToRawIntBits(params.frequencyPenalty()),
      Float.floatToRawIntBits(params.presencePenalty()),
      endTokens.length,
      biasCount,
      0,
      0
    };
  }
}
