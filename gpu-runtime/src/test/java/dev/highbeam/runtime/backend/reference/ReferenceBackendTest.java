// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.BackendContract;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.TestSequence;
import dev.highbeam.runtime.backend.TestSteps;
import dev.highbeam.runtime.backend.TinyPrograms;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The reference against formulas in f64: whatever else is compared with it rests on this. */
final class ReferenceBackendTest extends BackendContract {

  @Override
  public Backend backend() {
    return new ReferenceBackend();
  }

  @Override
  public float[] read(Executable executable, Buffer buffer, int rowCount) {
    return ((ReferenceExecutable) executable).contents(buffer, rowCount);
  }

  @Test
  void givenTwoStepsInFlight_launch_refusesAThird() {
    try (Backend backend = backend()) {
      Capacity capacity = new Capacity(8, 2, 8, 8, 1);
      Program program = TinyPrograms.llama(backend, TinyPrograms.Shape.SMALL, DType.F32, 1);
      Executable executable = backend.compile(program, capacity);
      assertThatThrownBy(executable::await).isInstanceOf(IllegalStateException.class);
      for (int i = 0; i < 2; i++) {
        executable.launch(step(capacity));
      }
      assertThatThrownBy(() -> executable.launch(step(capacity)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("two steps are in flight; await one first");
    }
  }

  private static ForwardBatch step(Capacity capacity) {
    return new TestSteps(capacity).add(new TestSequence(0, 1, 5).pages(0), 1).build();
  }

  @Test
  void givenAnyType_backend_keepsF32() {
    try (Backend backend = backend()) {
      for (DType dtype : List.of(DType.F32, DType.BF16, DType.F16)) {
        assertThat(backend.activationType(dtype)).isEqualTo(DType.F32);
        assertThat(backend.kvType(dtype)).isEqualTo(DType.F32);
      }
      assertThat(backend.kvType(DType.FP8_E4M3)).isEqualTo(DType.FP8_E4M3);
      assertThat(backend.numerics(Program.builder(2).build())).isEqualTo("reference-f32-1");
      assertThat(backend.prefersAsyncScheduling()).isFalse();
    }
  }
}
