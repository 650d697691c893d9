// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import static dev.highbeam.runtime.backend.TestSequence.params;
import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.backend.reference.ReferenceBackend;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The part of the contract about whole steps of a small decoder: whatever else is in a step, and
 * however a sequence is cut into steps, its numbers have the same bits.
 */
interface StepContract extends BackendUnderTest {

  private Capacity capacity() {
    return new Capacity(128, 8, 128, pageSize(), 64);
  }

  /** A compiled tiny decoder. */
  final class Decoder implements AutoCloseable {

    private final Backend backend;
    private final Capacity capacity;
    private final Program program;
    private final Executable executable;

    Decoder(Backend backend, Capacity capacity, DType dtype) {
      this.backend = backend;
      this.capacity = capacity;
      this.program = TinyPrograms.llama(backend, TinyPrograms.Shape.SMALL, dtype, 5);
      this.executable = backend.compile(program, capacity);
    }

    StepOutput run(TestSteps steps) {
      executable.launch(steps.build());
      return executable.await();
    }

    /** Scores token p + 1 after each token p, the steps having these sizes. */
    float[] scores(TestSequence sequence, int... sizes) {
      float[] logprobs = new float[sequence.tokenCount() - 1];
      for (int p = 0; p < logprobs.length; p++) {
        sequence.scoreAt(p, sequence.tokenIds.get(p + 1), 0);
      }
      for (int size : sizes) {
        TestSteps steps = new TestSteps(capacity).add(sequence, size);
        StepOutput output = run(steps);
        copyScores(steps, sequence, output, logprobs);
      }
      return logprobs;
    }

    static void copyScores(
        TestSteps steps, TestSequence sequence, StepOutput output, float[] logprobs) {
      for (int p = 0; p < logprobs.length; p++) {
        int row = steps.logitRow(sequence, p);
        if (row >= 0) {
          logprobs[p] = output.logprob(row);
        }
      }
    }

    /** Generates tokens one by one, each known before the next step. */
    int[] generate(TestSequence sequence, int count) {
      int[] generated = new int[count];
      for (int i = 0; i < count; i++) {
        int last = sequence.tokenCount() - 1;
        sequence.sampleAt(last, 0);
        int missing = last + 1 - sequence.computedCount;
        generated[i] = run(new TestSteps(capacity).add(sequence, missing)).tokenId(0);
        sequence.append(generated[i]);
      }
      return generated;
    }

    @Override
    public void close() {
      executable.close();
      backend.close();
    }
  }

  private Decoder decoder(DType dtype) {
    return new Decoder(backend(), capacity(), dtype);
  }

  private TestSequence sequence(int slot, int promptLength, int tokenCount, int firstPage) {
    int[] tokens = new SplittableRandom(slot + 100).ints(tokenCount, 0, 97).toArray();
    return new TestSequence(slot, promptLength, tokens).pagesFrom(firstPage, pageSize(), 120);
  }

  @Test
  default void givenTinyDecoder_scores_areThoseOfTheReference() {
    for (DType dtype : dtypes()) {
      float[] actual;
      try (Decoder decoder = decoder(dtype)) {
        actual = decoder.scores(sequence(0, 40, 60, 0), 60);
      }
      try (Decoder reference = new Decoder(new ReferenceBackend(), capacity(), dtype)) {
        float[] scores = reference.scores(sequence(0, 40, 60, 0), 60);
        double[] expected = new double[scores.length];
        Arrays.setAll(expected, i -> scores[i]);
        // Some ten roundings follow one another in a decoder, instead of one.
        Tolerance one = tolerance(dtype);
        new Tolerance(10 * one.absolute(), 10 * one.relative())
            .check(actual, expected, "scores " + dtype);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 8, 13})
  default void givenSequenceInPieces_scores_haveTheBitsOfTheWhole(int size) {
    for (DType dtype : dtypes()) {
      try (Decoder decoder = decoder(dtype)) {
        float[] whole = decoder.scores(sequence(2, 40, 65, 0), 65);
        int[] sizes = new int[65 / size + 1];
        Arrays.fill(sizes, size);
        sizes[sizes.length - 1] = 65 % size;
        int[] pieces = Arrays.stream(sizes).filter(s -> s > 0).toArray();
        assertThat(decoder.scores(sequence(2, 40, 65, 30), pieces)).isEqualTo(whole);
      }
    }
  }

  @Test
  default void givenOtherSequencesInAnyOrder_scores_haveTheSameBits() {
    for (DType dtype : dtypes()) {
      try (Decoder decoder = decoder(dtype)) {
        float[] alone = decoder.scores(sequence(1, 20, 30, 0), 30);
        for (boolean first : new boolean[] {true, false}) {
          TestSequence among = sequence(1, 20, 30, 3).pages(63, 40, 50, 2);
          for (int p = 0; p < 29; p++) {
            among.scoreAt(p, among.tokenIds.get(p + 1), p % 3);
          }
          TestSequence a = sequence(0, 50, 50, 4).scoreAt(3, 0, 20).sampleAt(49, 5);
          TestSequence b = sequence(3, 7, 11, 20).sampleAt(10, 0);
          TestSteps steps = new TestSteps(capacity());
          if (first) {
            steps.add(among, 30).add(a, 50).add(b, 11);
          } else {
            steps.add(b, 11).add(a, 50).add(among, 30);
          }
          float[] together = new float[29];
          Decoder.copyScores(steps, among, decoder.run(steps), together);
          assertThat(together).as("%s, first: %s", dtype, first).isEqualTo(alone);
        }
      }
    }
  }

  @Test
  default void givenSequenceRecomputed_generate_goesOnAsIfNothingHappened() {
    SamplingParams sampling =
        params(SamplingSetting.FREQUENCY_PENALTY, 0.5, SamplingSetting.TOP_P, 0.9);
    for (DType dtype : dtypes()) {
      try (Decoder decoder = decoder(dtype)) {
        TestSequence calm = sequence(4, 10, 10, 0).sampling(sampling, 1);
        int[] expected = decoder.generate(calm, 30);
        TestSequence preempted = sequence(4, 10, 10, 16).sampling(sampling, 1);
        int[] before = decoder.generate(preempted, 12);
        decoder.generate(sequence(4, 3, 3, 32), 5);
        int[] after = decoder.generate(preempted.restart(), 18);
        assertThat(before).isEqualTo(Arrays.copyOf(expected, 12));
        assertThat(after).isEqualTo(Arrays.copyOfRange(expected, 12, 30));
      }
    }
  }

  @Test
  default void givenTwoStepsInFlight_await_givesThemInOrder() {
    for (DType dtype : dtypes()) {
      try (Decoder decoder = decoder(dtype)) {
        int[] expected = decoder.generate(sequence(6, 9, 9, 0), 12);
        TestSequence ahead = sequence(6, 9, 9, 16);
        int[] actual = new int[12];
        decoder.executable.launch(next(ahead));
        for (int i = 0; i < 12; i++) {
          ahead.appendFromSlot();
          if (i + 1 < 12) {
            decoder.executable.launch(next(ahead));
          }
          actual[i] = decoder.executable.await().tokenId(0);
        }
        assertThat(actual).isEqualTo(expected);
      }
    }
  }

  private ForwardBatch next(TestSequence sequence) {
    int last = sequence.tokenCount() - 1;
    sequence.sampleAt(last, 0);
    return new TestSteps(capacity()).add(sequence, last + 1 - sequence.computedCount).build();
  }

  @Test
  default void givenNextStepLaunched_outputAwaitedBefore_stays() {
    try (Decoder decoder = decoder(DType.F32)) {
      int[] expected = decoder.generate(sequence(6, 9, 9, 0), 3);
      TestSequence ahead = sequence(6, 9, 9, 16);
      decoder.executable.launch(next(ahead));
      ahead.appendFromSlot();
      decoder.executable.launch(next(ahead));
      StepOutput first = decoder.executable.await();
      ahead.appendFromSlot();
      decoder.executable.launch(next(ahead));
      assertThat(first.tokenId(0)).isEqualTo(expected[0]);
      assertThat(decoder.executable.await().tokenId(0)).isEqualTo(expected[1]);
      assertThat(decoder.executable.await().tokenId(0)).isEqualTo(expected[2]);
    }
  }

  @Test
  default void givenSamplesOfOneRequest_generate_differByIndexOnly() {
    try (Decoder decoder = decoder(DType.F32)) {
      int[] first = decoder.generate(sequence(5, 6, 6, 0).sampling(params(), 0), 16);
      int[] second = decoder.generate(sequence(5, 6, 6, 8).sampling(params(), 1), 16);
      int[] again = decoder.generate(sequence(5, 6, 6, 20).sampling(params(), 0), 16);
      assertThat(second).isNotEqualTo(first);
      assertThat(again).isEqualTo(first);
    }
  }

  @Test
  default void givenBackend_describesItself() {
    try (Decoder decoder = decoder(DType.F32)) {
      decoder.run(new TestSteps(capacity()).add(sequence(0, 2, 2, 0).sampleAt(1, 0), 2));
      assertThat(decoder.executable.currentOp()).isEqualTo("sample");
      assertThat(decoder.backend.numerics(decoder.program)).isNotBlank().doesNotContain("\n");
      assertThat(decoder.backend.describe()).isNotBlank().doesNotContain("\n");
      PageRoom room = decoder.backend.pageRoom(decoder.program, capacity(), 1);
      assertThat(room.budget()).isPositive();
      assertThat(room.pageBytes()).isPositive();
    }
  }
}
