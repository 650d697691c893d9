// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.StepOutput;
import dev.highbeam.runtime.backend.TestSequence;
import dev.highbeam.runtime.backend.TestSteps;
import dev.highbeam.runtime.backend.TinyPrograms;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Promise P3 on this backend: threads, kernels, vector width, batch and chunks change no bit. */
final class CpuInvarianceTest {

  private static final int SCORED = 24;
  private static final int VOCABULARY = 97;

  /** K of 4096 in the first linears and the head; deep enough for many tiles and panels. */
  private static final TinyPrograms.Shape WIDE =
      new TinyPrograms.Shape(VOCABULARY, 4096, 1, 3, 1, 32, 40, 0);

  private static final int WIDE_LENGTH = 2100;

  private static final TinyPrograms.Shape SMALL =
      new TinyPrograms.Shape(VOCABULARY, 64, 2, 6, 2, 16, 72, 50);

  private static final int SMALL_LENGTH = 130;

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "BF16"})
  void givenWideShape_scores_areTheSameWhole_inChunksAndInABatch(DType dtype) {
    List<Float> whole;
    try (Run run = new Run(CpuBackend.create(2), WIDE, dtype, WIDE_LENGTH)) {
      whole = run.scores(WIDE_LENGTH);
      assertThat(whole).hasSize(11 * SCORED).doesNotContain(Float.NaN);
      assertThat(run.scoresAmongOthers(1500, 589, 11)).isEqualTo(whole);
    }
    try (Run run = new Run(CpuBackend.create(3), WIDE, dtype, WIDE_LENGTH)) {
      assertThat(run.scores(1, 1003, 1087, 8, 1)).isEqualTo(whole);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void givenThreadsAndKernels_scores_areTheSame(int threads) {
    for (DType dtype : List.of(DType.F32, DType.BF16)) {
      List<Float> expected;
      try (Run run =
          new Run(CpuBackend.create(1, new PlainKernels()), SMALL, dtype, SMALL_LENGTH)) {
        expected = run.scores(SMALL_LENGTH);
      }
      for (Kernels kernels : List.of(new PlainKernels(), new SimdKernels())) {
        Backend backend = CpuBackend.create(threads, kernels);
        try (Run run = new Run(backend, SMALL, dtype, SMALL_LENGTH)) {
          assertThat(run.scores(SMALL_LENGTH)).as(backend.describe()).isEqualTo(expected);
          assertThat(run.scores(7, 64, 59)).as(backend.describe()).isEqualTo(expected);
          assertThat(run.scoresAmongOthers(100, 30)).isEqualTo(expected);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void givenThreadsOverTiles_scores_areTheSame(int threads) {
    assumeTrue(TileLibrary.isUsable(), TileLibrary::whyNot);
    List<Float> expected;
    try (Run run = new Run(CpuBackend.create(1), SMALL, DType.BF16, SMALL_LENGTH)) {
      expected = run.scores(SMALL_LENGTH);
      assertThat(expected).doesNotContain(Float.NaN);
    }
    try (Run run = new Run(CpuBackend.create(threads), SMALL, DType.BF16, SMALL_LENGTH)) {
      assertThat(run.scores(SMALL_LENGTH)).isEqualTo(expected);
      assertThat(run.scores(7, 64, 59)).isEqualTo(expected);
      assertThat(run.scoresAmongOthers(100, 30)).isEqualTo(expected);
    }
  }

  @Test
  void givenWideRows_plainAndVectorKernels_giveTheSame() {
    List<Float> expected;
    try (Run run = new Run(CpuBackend.create(2, new SimdKernels()), WIDE, DType.BF16, 90)) {
      expected = run.scores(90);
    }
    try (Run run = new Run(CpuBackend.create(2, new PlainKernels()), WIDE, DType.BF16, 90)) {
      assertThat(run.scores(33, 57)).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void givenVectorWidth_scores_areTheSame(int bits) throws ReflectiveOperationException {
    for (DType dtype : List.of(DType.F32, DType.BF16)) {
      List<Float> expected;
      try (Run run = new Run(CpuBackend.create(1, new PlainKernels()), SMALL, dtype, 60)) {
        expected = run.scores(60);
      }
      Backend backend = backendOfWidth(bits);
      assertThat(backend.describe()).contains("Vector API, " + bits + " bit");
      try (Run run = new Run(backend, SMALL, dtype, 60)) {
        assertThat(run.scores(11, 49)).isEqualTo(expected);
      }
    }
  }

  /** The width is fixed when the classes load, so each width has its own. */
  private static Backend backendOfWidth(int bits) throws ReflectiveOperationException {
    System.setProperty(SimdMath.WIDTH_PROPERTY, Integer.toString(bits));
    System.setProperty(TileLibrary.KERNELS_PROPERTY, "java");
    try {
      return (Backend)
          new OwnClasses()
              .loadClass(CpuBackend.class.getName())
              .getMethod("create", int.class)
              .invoke(null, 1);
    } finally {
      System.clearProperty(SimdMath.WIDTH_PROPERTY);
      System.clearProperty(TileLibrary.KERNELS_PROPERTY);
    }
  }

  /** Loads this package anew, and everything else as usual. */
  private static final class OwnClasses extends ClassLoader {

    OwnClasses() {
      super(CpuInvarianceTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith(CpuBackend.class.getPackageName() + ".")) {
        return super.loadClass(name, resolve);
      }
      Class<?> loaded = findLoadedClass(name);
      return loaded == null ? define(name) : loaded;
    }

    private Class<?> define(String name) throws ClassNotFoundException {
      try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }

  /** A compiled decoder, and the numbers that it gives the last tokens of one sequence. */
  private static final class Run implements AutoCloseable {

    private static final int PAGE_SIZE = 16;

    private final Backend backend;
    private final Executable executable;
    private final Capacity capacity;
    private final int length;
    private final int pages;

    Run(Backend backend, TinyPrograms.Shape shape, DType dtype, int length) {
      this.backend = backend;
      this.length = length;
      this.pages = (length + PAGE_SIZE - 1) / PAGE_SIZE;
      this.capacity = new Capacity(length + 40, 3, length, PAGE_SIZE, 3 * pages);
      this.executable = backend.compile(TinyPrograms.llama(backend, shape, dtype, 3), capacity);
    }

    List<Float> scores(int... chunks) {
      TestSequence sequence = sequence(0, length, 0);
      List<Float> scores = new ArrayList<>();
      for (int chunk : chunks) {
        TestSteps steps = new TestSteps(capacity).add(sequence, chunk);
        collect(sequence, steps, scores);
      }
      return scores;
    }

    /** The same with two others in each step, before and after it. */
    List<Float> scoresAmongOthers(int... chunks) {
      TestSequence before = sequence(1, 40, 2 * pages);
      TestSequence sequence = sequence(2, length, pages);
      TestSequence after = sequence(0, 40, 0);
      List<Float> scores = new ArrayList<>();
      for (int chunk : chunks) {
        TestSteps steps = new TestSteps(capacity);
        steps.add(before, 7).add(sequence, chunk).add(after, 3);
        collect(sequence, steps, scores);
      }
      return scores;
    }

    private void collect(TestSequence sequence, TestSteps steps, List<Float> scores) {
      executable.launch(steps.build());
      StepOutput output = executable.await();
      for (int position = length - SCORED; position < length; position++) {
        int row = steps.logitRow(sequence, position);
        if (row >= 0) {
          scores.add(output.logprob(row));
          for (int j = 0; j < 10; j++) {
            scores.add(output.topLogprob(row, j) + output.topTokenId(row, j));
          }
        }
      }
    }

    private TestSequence sequence(int slot, int count, int firstPage) {
      // The sequence of interest has the same tokens whatever its slot.
      int[] tokens = new SplittableRandom(count).ints(count, 0, VOCABULARY).toArray();
      TestSequence sequence =
          new TestSequence(slot, count, tokens).pagesFrom(firstPage, PAGE_SIZE, count);
      for (int position = Math.max(0, count - SCORED); position < count; position++) {
        sequence.scoreAt(position, (position * 7) % VOCABULARY, 10);
      }
      return sequence;
    }

    @Override
    public void close() {
      executable.close();
      backend.close();
    }
  }
}
