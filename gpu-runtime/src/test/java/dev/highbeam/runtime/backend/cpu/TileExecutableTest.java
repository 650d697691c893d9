// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.TestSequence;
import dev.highbeam.runtime.backend.TestSteps;
import dev.highbeam.runtime.backend.TinyPrograms;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kernels of machine code against Java's, op by op: every buffer of a decoder of one layer. */
final class TileExecutableTest {

  @BeforeEach
  void needTiles() {
    assumeTrue(TileLibrary.isUsable(), TileLibrary::whyNot);
  }

  @ParameterizedTest
  @CsvSource({
    // hidden, query heads, kv heads, head dim, gate, window, tokens
    "64, 2, 1, 32, 96, 0, 40",
    "64, 6, 2, 16, 72, 50, 130",
    "48, 4, 4, 8, 40, 0, 1",
    "896, 14, 2, 64, 1000, 0, 97",
    "160, 4, 1, 80, 200, 0, 33",
    "128, 5, 1, 128, 33, 7, 70",
    "2048, 2, 1, 256, 4864, 0, 20",
  })
  void givenDecoder_buffers_areThoseOfJava(
      int hidden, int queryHeads, int kvHeads, int headDim, int gate, int window, int tokens) {
    TinyPrograms.Shape shape =
        new TinyPrograms.Shape(97, hidden, 1, queryHeads, kvHeads, headDim, gate, window);
    Capacity capacity = new Capacity(tokens + 8, 3, tokens + 8, 16, 3 * (tokens / 16 + 1));
    List<float[]> expected = run(CpuBackend.create(2, new PlainKernels()), shape, capacity, tokens);
    List<float[]> actual = run(CpuBackend.create(2), shape, capacity, tokens);
    for (int buffer = 0; buffer < expected.size(); buffer++) {
      check(actual.get(buffer), expected.get(buffer), "buffer " + buffer);
    }
  }

  private static void check(float[] actual, float[] expected, String what) {
    assertThat(actual).as(what).hasSameSizeAs(expected);
    double squares = 0;
    double differences = 0;
    for (int i = 0; i < actual.length; i++) {
      double difference = actual[i] - expected[i];
      differences += difference * difference;
      squares += expected[i] * expected[i];
      assertThat(Float.isFinite(actual[i])).as("%s, element %d", what, i).isTrue();
    }
    // Roundings to bf16 of a few ops one after the other; one element wrong in a thousand is more.
    assertThat(Math.sqrt(differences / squares)).as(what).isLessThan(0.01);
  }

  private static List<float[]> run(
      CpuBackend backend, TinyPrograms.Shape shape, Capacity capacity, int tokens) {
    try (Backend closing = backend) {
      Program program = TinyPrograms.llama(closing, shape, DType.BF16, 7);
      try (CpuExecutable executable = (CpuExecutable) backend.compile(program, capacity)) {
        int[] ids = new SplittableRandom(3).ints(tokens, 0, 97).toArray();
        TestSequence sequence = new TestSequence(1, tokens, ids).pagesFrom(1, 16, tokens);
        sequence.scoreAt(tokens - 1, 3, 0);
        executable.launch(new TestSteps(capacity).add(sequence, tokens).build());
        executable.await();
        List<float[]> buffers = new ArrayList<>();
        for (Buffer buffer : program.buffers()) {
          boolean isHead = buffer.rows() == Buffer.Rows.LOGIT_ROWS;
          buffers.add(executable.contents(buffer, isHead ? 1 : tokens));
        }
        return buffers;
      }
    }
  }
}
