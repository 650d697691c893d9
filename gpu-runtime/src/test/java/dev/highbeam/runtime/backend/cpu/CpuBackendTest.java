// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.Finding;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.BackendContract;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.PageRoom;
import dev.highbeam.runtime.backend.Program;
import org.junit.jupiter.api.Test;

/** The contract with the Vector API and two threads. */
final class CpuBackendTest extends BackendContract {

  @Override
  public Backend backend() {
    return CpuBackend.create(2, new SimdKernels());
  }

  @Override
  public float[] read(Executable executable, Buffer buffer, int rowCount) {
    return ((CpuExecutable) executable).contents(buffer, rowCount);
  }

  @Test
  void givenThisMachine_finding_saysWhichKernelsComputeAndWhyNotTheFast() {
    Finding finding = CpuBackend.finding();
    assertThat(finding.what()).isEqualTo("CPU kernels");
    assertThat(finding.isGood()).isEqualTo(TileLibrary.isUsable());
    assertThat(finding.text()).contains(TileLibrary.isUsable() ? "AMX" : TileLibrary.whyNot());
  }

  @Test
  void givenVectorModule_create_choosesVectors() {
    try (CpuBackend backend = CpuBackend.create(3)) {
      assertThat(backend.describe()).startsWith("cpu: 3 threads, ").contains("Vector API, ");
    }
  }

  @Test
  void givenNoThreads_create_takesAllProcessors() {
    try (CpuBackend backend = CpuBackend.create(0)) {
      int processors = Runtime.getRuntime().availableProcessors();
      assertThat(backend.describe()).startsWith("cpu: " + processors + " threads, ");
    }
  }

  @Test
  void givenNegativeThreads_create_refuses() {
    assertThatThrownBy(() -> CpuBackend.create(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("threads must be from 0 to 1024, was -1");
  }

  @Test
  void givenAskedTypes_backend_keepsBf16AndWidensF16() {
    try (Backend backend = backend()) {
      assertThat(backend.activationType(DType.BF16)).isEqualTo(DType.BF16);
      assertThat(backend.activationType(DType.F16)).isEqualTo(DType.F32);
      assertThat(backend.kvType(DType.BF16)).isEqualTo(DType.BF16);
      assertThat(backend.kvType(DType.F16)).isEqualTo(DType.F32);
      assertThat(backend.prefersAsyncScheduling()).isFalse();
      Program program = Program.builder(2).build();
      Capacity capacity = new Capacity(8, 1, 8, 8, 1);
      assertThat(backend.numerics(program)).isEqualTo("cpu-fma-f32acc-1");
      PageRoom room = backend.pageRoom(program, capacity, 0.5);
      assertThat(room.budget()).isPositive().isLessThan(Runtime.getRuntime().maxMemory() / 2);
    }
  }
}
