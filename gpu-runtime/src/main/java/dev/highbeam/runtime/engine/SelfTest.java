// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.SlotAssignment;
import dev.highbeam.runtime.backend.StepOutput;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Asks a device to compute something whose result is known: a small decoder over a sequence in four
 * steps, in the engine's own backend, types and page size. The first step ends before the edge of a
 * page, the second crosses it and reads what the first wrote, two more decode through the state
 * slot. One step would not do: a fault like llama.cpp#4991, where every step after the first read
 * the first one's copy of the KV cache, shows only from the second on.
 *
 * <p>Used by the thread that uses the backend. Takes a few milliseconds and little memory.
 */
final class SelfTest implements AutoCloseable {

  /** Edges below are too close to the beginning of the sequence. */
  private static final int LEAST_EDGE = 8;

  /** Tokens between the end of the first step and the edge, and from there to the prompt's end. */
  static final int BEFORE_EDGE = 3;

  static final int AFTER_EDGE = 2;

  /** Steps of one token each. */
  static final int DECODES = 2;

  /** Not the first: what falls on slot 0 by mistake must show. */
  private static final int SLOT = 1;

  private static final int SLOTS = 2;

  private static final SamplingParams GREEDY =
      SamplingParams.of(Settings.none(SamplingSetting.class).with(SamplingSetting.TEMPERATURE, 0))
          .withSeed(0);

  private final Executable executable;
  private final Capacity capacity;
  private final SelfTestValues expected;
  private final int promptLength;
  private final double tolerance;
  private final String device;

  private SelfTest(
      Executable executable, Capacity capacity, int edge, double tolerance, String device) {
    this.executable = executable;
    this.capacity = capacity;
    this.expected = SelfTestValues.of(edge);
    this.promptLength = edge + AFTER_EDGE;
    this.tolerance = tolerance;
    this.device = device;
  }

  /**
   * Packs and compiles the small decoder; before the engine's own program takes the memory.
   *
   * @param dtype type of weights and activations that the engine asks for
   * @param kvType type of keys and values that the engine asks for
   * @param pageSize tokens per page of the engine
   */
  static SelfTest compile(Backend backend, DType dtype, DType kvType, int pageSize) {
    double tolerance =
        Math.max(tolerance(backend.activationType(dtype)), tolerance(backend.kvType(kvType)));
    return compile(backend, dtype, kvType, pageSize, tolerance);
  }

  /** As the other, with the difference of a log-probability that is allowed. */
  static SelfTest compile(
      Backend backend, DType dtype, DType kvType, int pageSize, double tolerance) {
    int edge = Math.max(pageSize, LEAST_EDGE);
    int length = edge + AFTER_EDGE + DECODES;
    int pages = (length + pageSize - 1) / pageSize;
    Capacity capacity = new Capacity(length, SLOTS, length, pageSize, pages + 1);
    Executable executable =
        backend.compile(SelfTestProgram.record(backend, dtype, kvType), capacity);
    return new SelfTest(executable, capacity, edge, tolerance, backend.describe());
  }

  /** Twice to three times what rounding to the type does to these log-probabilities. */
  static double tolerance(DType dtype) {
    return switch (dtype) {
      case F32 -> 1e-3;
      case F16 -> 0.02;
      case BF16 -> 0.12;
      case FP8_E4M3 -> 0.5;
    };
  }

  /**
   * Runs the test.
   *
   * @throws EngineException fatal, if a number is wrong
   */
  void run() {
    run(promptLength - AFTER_EDGE - BEFORE_EDGE, DECODES);
  }

  /** As {@link #run()}, but with other steps: the first one's end, and how many decode. */
  void run(int firstEnd, int decodes) {
    compute(0, firstEnd);
    if (firstEnd < promptLength) {
      compute(firstEnd, promptLength);
    }
    for (int i = 0; i < decodes; i++) {
      compute(promptLength + i, promptLength + i + 1);
    }
  }

  int promptLength() {
    return promptLength;
  }

  private void compute(int begin, int end) {
    ForwardBatch batch = new ForwardBatch(capacity);
    batch.clear();
    if (begin == 0) {
      int[] prompt = IntStream.range(0, promptLength).map(expected::token).toArray();
      batch.assign(
          new SlotAssignment(SLOT, GREEDY, 0, promptLength, prompt, promptLength, new int[0]));
    }
    write(batch, begin, end);
    executable.launch(batch);
    check(executable.await(), batch, begin);
  }

  private void write(ForwardBatch batch, int begin, int end) {
    int pageSize = capacity.pageSize();
    int pages = (end + pageSize - 1) / pageSize;
    for (int p = 0; p < pages; p++) {
      batch.pageIndices[p] = page(p);
    }
    int logits = 0;
    for (int position = begin; position < end; position++) {
      int token = position - begin;
      batch.tokenIds[token] = position < promptLength ? expected.token(position) : -SLOT - 1;
      batch.positions[token] = position;
      batch.slotMapping[token] = page(position / pageSize) * pageSize + position % pageSize;
      if (position >= expected.firstKnownPosition()) {
        boolean isScored = position + 1 < promptLength;
        batch.logitRows[logits] = token;
        batch.logitTargets[logits] = isScored ? expected.token(position + 1) : ForwardBatch.SAMPLE;
        batch.logitAlternatives[logits] = 0;
        logits++;
      }
    }
    batch.stateSlots[0] = SLOT;
    batch.lastPageLength[0] = (end - 1) % pageSize + 1;
    batch.endEntry(
        end - begin,
        pages,
        logits,
        begin < promptLength ? ForwardBatch.TokenClass.PROMPT : ForwardBatch.TokenClass.OUTPUT);
  }

  /** Pages from the last down: what takes them as one run must show. */
  private int page(int index) {
    return capacity.pageCount() - 1 - index;
  }

  private void check(StepOutput output, ForwardBatch batch, int begin) {
    for (int row = 0; row < batch.logitCount(); row++) {
      int position = begin + batch.logitRows[row];
      int token = expected.tokenAfter(position);
      float logprob = expected.logprobAfter(position);
      // Negated, so that NaN fails.
      boolean isRight =
          output.tokenId(row) == token
              && Math.abs(output.logprob(row) - logprob) <= tolerance
              && !output.isNonFinite(row)
              && !output.isUniform(row);
      if (!isRight) {
        throw EngineException.fatal(
            String.format(
                Locale.ROOT,
                "the device fails its self-test: after position %d it gives token %d with"
                    + " log-probability %.4f instead of token %d with %.4f (%s)",
                position,
                output.tokenId(row),
                output.logprob(row),
                token,
                logprob,
                device),
            null);
      }
    }
  }

  @Override
  public void close() {
    executable.close();
  }
}
