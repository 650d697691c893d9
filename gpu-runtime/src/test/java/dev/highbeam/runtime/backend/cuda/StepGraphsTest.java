// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.StepOutput;
import dev.highbeam.runtime.backend.TestSequence;
import dev.highbeam.runtime.backend.TestSteps;
import dev.highbeam.runtime.backend.TinyPrograms;
import dev.highbeam.runtime.backend.cuda.driver.CudaStream;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.Counter;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Replayed steps against steps launched op by op. */
final class StepGraphsTest {

  private static final Capacity CAPACITY = new Capacity(600, 4, 1100, 8, 200);
  private static final int STEPS = 12;

  /** Over 512 tokens, so that attention is done in splits; the pages grow while it decodes. */
  private static final int PROMPT = 590;

  /** An executable of its own with the same weights as any other. */
  private static final class Decoder implements AutoCloseable {

    private final CudaBackend backend;
    private final CudaExecutable executable;
    private final List<TestSequence> sequences = new ArrayList<>();

    Decoder(boolean useGraphs) {
      this(useGraphs, false);
    }

    Decoder(boolean useGraphs, boolean isSynchronous) {
      CudaSettings any = TestBackends.settings(EmulatedGpu.SM_80);
      backend =
          TestBackends.open(
              new CudaSettings(
                  any.ordinal(),
                  any.mayShare(),
                  any.memoryFraction(),
                  any.gpuLayers(),
                  any.kvLocation(),
                  any.kernelCacheDir(),
                  useGraphs,
                  isSynchronous));
      Program program = TinyPrograms.llama(backend, TinyPrograms.Shape.SMALL, DType.BF16, 5);
      executable = (CudaExecutable) backend.compile(program, CAPACITY);
    }

    StepOutput run(TestSteps steps) {
      Executable steady = executable;
      steady.launch(steps.build());
      return steady.await();
    }

    /** Begins a long sequence and three short ones. */
    void begin() {
      for (int slot = 0; slot < 4; slot++) {
        int length = slot == 0 ? PROMPT : 3 + slot;
        int[] tokens = new SplittableRandom(slot).ints(length, 0, 97).toArray();
        TestSequence sequence =
            new TestSequence(slot, length, tokens)
                .pagesFrom(slot == 0 ? 0 : 80 + 10 * slot, 8, 640);
        sequence.sampleAt(length - 1, 3);
        sequences.add(sequence);
        sequence.append(run(new TestSteps(CAPACITY).add(sequence, length)).tokenId(0));
      }
    }

    /** Decodes one token of the first so many sequences; every bit of the output as text. */
    String decode(int count) {
      TestSteps steps = new TestSteps(CAPACITY);
      for (TestSequence sequence : sequences.subList(0, count)) {
        sequence.sampleAt(sequence.tokenCount() - 1, 3);
        steps.add(sequence, 1);
      }
      StepOutput output = run(steps);
      StringBuilder bits = new StringBuilder();
      for (TestSequence sequence : sequences.subList(0, count)) {
        int row = steps.logitRow(sequence, sequence.tokenCount() - 1);
        bits.append(output.tokenId(row)).append(' ');
        bits.append(Float.floatToRawIntBits(output.logprob(row))).append(' ');
        for (int j = 0; j < 3; j++) {
          bits.append(Float.floatToRawIntBits(output.topLogprob(row, j))).append(' ');
        }
        sequence.append(output.tokenId(row));
      }
      return bits.toString();
    }

    /** Leaves NaN where partial results were. */
    void poison() {
      try (CudaStream stream = executable.memory().context().stream("poison")) {
        stream.fill(executable.memory().workspace().partials(), (byte) 0xff);
        stream.synchronize();
      }
    }

    @Override
    public void close() {
      executable.close();
      backend.close();
    }
  }

  private static List<String> decodeAll(Decoder decoder, Runnable between) {
    decoder.begin();
    List<String> bits = new ArrayList<>();
    for (int step = 0; step < STEPS; step++) {
      between.run();
      bits.add(decoder.decode(1 + step % 4));
    }
    return bits;
  }

  private static List<String> eager() {
    try (Decoder decoder = new Decoder(false)) {
      return decodeAll(decoder, () -> {});
    }
  }

  @Test
  void S4_8_givenGraphsOrNone_everyStepHasTheSameBits() {
    List<String> expected = eager();
    try (Decoder decoder = new Decoder(true)) {
      int before = EmulatedGpu.count(Counter.GRAPH_LAUNCHES, EmulatedGpu.SM_80);
      assertThat(decodeAll(decoder, () -> {})).isEqualTo(expected);
      assertThat(EmulatedGpu.count(Counter.GRAPH_LAUNCHES, EmulatedGpu.SM_80) - before)
          .isEqualTo(STEPS);
    }
  }

  @Test
  void S4_8_givenTwoExecutablesInTurns_eachReplaysItsOwnMemory() {
    List<String> expected = eager();
    try (Decoder decoder = new Decoder(true);
        Decoder other = new Decoder(true)) {
      other.begin();
      assertThat(decodeAll(decoder, () -> other.decode(4))).isEqualTo(expected);
    }
  }

  @Test
  void S2_10_givenGarbageLeftInTheWorkspace_replayedStepsHaveTheSameBits() {
    List<String> expected = eager();
    try (Decoder decoder = new Decoder(true)) {
      assertThat(decodeAll(decoder, decoder::poison)).isEqualTo(expected);
    }
    try (Decoder decoder = new Decoder(false)) {
      assertThat(decodeAll(decoder, decoder::poison)).isEqualTo(expected);
    }
  }

  @Test
  void S2_6_givenAPageBeyondTheCacheWhileSynchronous_launch_namesItBeforeAnyKernel() {
    try (Decoder decoder = new Decoder(false, true)) {
      TestSequence wrong = new TestSequence(0, 3, 1, 2, 3).pages(CAPACITY.pageCount());
      ForwardBatch batch = new TestSteps(CAPACITY).add(wrong, 3).build();
      int before = EmulatedGpu.count(Counter.LAUNCHES, EmulatedGpu.SM_80);
      assertThatThrownBy(() -> decoder.executable.launch(batch))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("page id must be from 0 to 199, was 200");
      assertThat(EmulatedGpu.count(Counter.LAUNCHES, EmulatedGpu.SM_80)).isEqualTo(before);
    }
  }

  @Test
  void S4_8_givenAStepThatDoesMoreThanDecode_isNoGraph() {
    try (Decoder decoder = new Decoder(true)) {
      int before = EmulatedGpu.count(Counter.GRAPH_LAUNCHES, EmulatedGpu.SM_80);
      decoder.begin();
      TestSequence twice = decoder.sequences.get(1);
      int last = twice.tokenCount() - 1;
      twice.scoreAt(last, 0, 0).scoreAt(last, 1, 0);
      assertThat(decoder.run(new TestSteps(CAPACITY).add(twice, 1)).logprob(1)).isNegative();
      assertThat(EmulatedGpu.count(Counter.GRAPH_LAUNCHES, EmulatedGpu.SM_80)).isEqualTo(before);
    }
  }
}
