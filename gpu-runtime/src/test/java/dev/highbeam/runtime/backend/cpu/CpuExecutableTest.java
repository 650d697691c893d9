// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
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
