// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.TestSequence;
import dev.highbeam.runtime.backend.TestSteps;
import dev.highbeam.runtime.backend.TinyPrograms;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class CpuExecutableTest {

  private static final Capacity CAPACITY = new Capacity(32, 2, 64, 8, 16);

  // Vectors are boxed until their loops are compiled, so only plain loops can be counted.
  private final CpuBackend backend = CpuBackend.create(1, new PlainKernels());

  @AfterEach
  void close() {
    backend.close();
  }

  @Test
  void givenSteadyState_launch_allocatesNextToNothing() {
    for (DType dtype : new DType[] {DType.F32, DType.BF16}) {
      Executable executable = compile(dtype);
      TestSequence sequence = sequence(20);
      run(executable, new TestSteps(CAPACITY).add(sequence, 20).build());
      ThreadMXBean threads = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
      long least = Long.MAX_VALUE;
      for (int i = 0; i < 20; i++) {
        sequence.appendFromSlot().sampleAt(sequence.tokenCount() - 1, 0);
        ForwardBatch batch = new TestSteps(CAPACITY).add(sequence, 1).build();
        long before = threads.getCurrentThreadAllocatedBytes();
        run(executable, batch);
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
      // A view and an iterator of the batch's assignments; one float array would be more.
      assertThat(least).isLessThan(200);
    }
  }

  @Test
  void givenBf16Buffers_launch_roundsWhateverItWrites() {
    Program program = TinyPrograms.llama(backend, TinyPrograms.Shape.SMALL, DType.BF16, 2);
    CpuExecutable executable = (CpuExecutable) backend.compile(program, CAPACITY);
    run(executable, new TestSteps(CAPACITY).add(sequence(20), 20).build());
    int checked = 0;
    for (Buffer buffer : program.buffers()) {
      if (buffer.dtype() == DType.BF16 && buffer.rows() == Buffer.Rows.TOKENS) {
        float[] contents = executable.contents(buffer, 20);
        float[] rounded = contents.clone();
        new PlainKernels().roundToBf16(rounded, 0, rounded.length);
        assertThat(contents).as(buffer.name()).isEqualTo(rounded);
        checked++;
      }
    }
    // normed, qkv, attended, gated.
    assertThat(checked).isEqualTo(4);
  }

  @Test
  void givenEntriesWithoutLogits_launch_samplesFromTheRightSlot() {
    Capacity capacity = new Capacity(32, 4, 32, 8, 16);
    Program program = TinyPrograms.llama(backend, TinyPrograms.Shape.SMALL, DType.F32, 2);
    Executable executable = backend.compile(program, capacity);
    for (int index = 0; index < 5; index++) {
      TestSequence alone = silent(3, 12).sampling(TestSequence.params(), index).sampleAt(4, 0);
      executable.launch(new TestSteps(capacity).add(alone, 5).build());
      int expected = executable.await().tokenId(0);
      TestSequence among = silent(3, 12).sampling(TestSequence.params(), index).sampleAt(4, 0);
      TestSteps steps = new TestSteps(capacity).add(silent(0, 0), 5).add(silent(1, 4), 5);
      executable.launch(steps.add(silent(2, 8), 5).add(among, 5).build());
      assertThat(executable.await().tokenId(0)).isEqualTo(expected);
    }
  }

  /** A sequence that wants no logits, its samples far from those of the others. */
  private static TestSequence silent(int slot, int firstPage) {
    return new TestSequence(slot, 5, 1, 2, 3, 4, 5)
        .pagesFrom(firstPage, 8, 5)
        .sampling(TestSequence.params(), 100 + slot);
  }

  @Test
  void givenThirdStep_launch_refuses() {
    Executable executable = compile(DType.F32);
    assertThatThrownBy(executable::await).isInstanceOf(IllegalStateException.class);
    executable.launch(new TestSteps(CAPACITY).add(sequence(3), 3).build());
    executable.launch(new TestSteps(CAPACITY).add(sequence(3), 3).build());
    ForwardBatch third = new TestSteps(CAPACITY).add(sequence(3), 3).build();
    assertThatThrownBy(() -> executable.launch(third))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("at most 2 steps may be in flight");
  }

  @Test
  void givenSlotOutsideThePages_launch_refuses() {
    Executable executable = compile(DType.F32);
    ForwardBatch batch = new TestSteps(CAPACITY).add(sequence(3), 3).build();
    batch.slotMapping[1] = 16 * 8;
    assertThatThrownBy(() -> executable.launch(batch))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("slot must be in 16 pages, was 128");
  }

  @Test
  void givenTokenOutsideTheTable_launch_refuses() {
    Executable executable = compile(DType.F32);
    ForwardBatch batch = new TestSteps(CAPACITY).add(sequence(3), 3).build();
    batch.tokenIds[2] = 97;
    assertThatThrownBy(() -> executable.launch(batch))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("token id must be below 97, was 97");
  }

  private Executable compile(DType dtype) {
    Program program = TinyPrograms.llama(backend, TinyPrograms.Shape.SMALL, dtype, 2);
    return backend.compile(program, CAPACITY);
  }

  private static TestSequence sequence(int count) {
    int[] tokens = new int[count];
    return new TestSequence(0, count, tokens).pagesFrom(0, 8, 64).sampleAt(count - 1, 0);
  }

  private static void run(Executable executable, ForwardBatch batch) {
    executable.launch(batch);
    executable.await();
  }
}
