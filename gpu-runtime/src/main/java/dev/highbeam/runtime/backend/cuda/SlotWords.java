// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.backend.SlotAssignment;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.Map;

/**
 * The words in which a state slot's sampling parameters travel to the device, as the kernels'
 * assign_slots reads them: slot, last token, words until the next assignment, 16 words of
 * parameters, then end tokens, biased tokens and their biases.
 */
final class SlotWords {

  /** Words of parameters of one slot. */
  static final int PARAMETER_WORDS = 16;

  /** Most end tokens of a slot. */
  static final int MAX_END_TOKENS = 128;

  /** Most biased tokens of a slot. */
  static final int MAX_BIASES = 1024;

  /** Words of a slot's lists on the device. */
  static final int LIST_WORDS = MAX_END_TOKENS + 2 * MAX_BIASES;

  private static final int HEAD_WORDS = 3;

  /** Most words of one assignment. */
  static final int MAX_WORDS = HEAD_WORDS + PARAMETER_WORDS + LIST_WORDS;

  private SlotWords() {}

  /** Appends an assignment at the buffer's position. */
  static void write(SlotAssignment assignment, int vocabularySize, IntBuffer target) {
    SamplingParams params = assignment.sampling();
    long seed = params.seed().orElseThrow(() -> new IllegalArgumentException("seed is unset"));
    // End tokens outside the vocabulary can never come.
    int[] ends =
        Arrays.stream(assignment.endTokenIds())
            .filter(id -> id >= 0 && id < vocabularySize)
            .toArray();
    Map<Integer, Float> biases = params.logitBias();
    Checks.checkArgument(
        ends.length <= MAX_END_TOKENS,
        "end tokens of a slot must be at most %s, were %s",
        MAX_END_TOKENS,
        ends.length);
    Checks.checkArgument(
        biases.size() <= MAX_BIASES,
        "biased tokens of a slot must be at most %s, were %s",
        MAX_BIASES,
        biases.size());
    target.put(assignment.slot());
    target.put(assignment.tokenIds()[assignment.tokenCount() - 1]);
    target.put(HEAD_WORDS + PARAMETER_WORDS + ends.length + 2 * biases.size());
    putFloat(target, params.temperature());
    putFloat(target, params.topP());
    target.put(params.topK());
    putFloat(target, params.minP());
    target.put((int) seed);
    target.put((int) (seed >>> 32));
    target.put(assignment.sampleIndex());
    target.put(assignment.promptLength());
    target.put(params.minTokens());
    putFloat(target, params.repetitionPenalty());
    putFloat(target, params.frequencyPenalty());
    putFloat(target, params.presencePenalty());
    target.put(ends.length);
    target.put(biases.size());
    target.put(0);
    target.put(0);
    target.put(ends);
    for (int id : biases.keySet()) {
      target.put(id);
    }
    for (float bias : biases.values()) {
      putFloat(target, bias);
    }
  }

  private static void putFloat(IntBuffer target, float value) {
    target.put(Float.floatToRawIntBits(value));
  }
}
