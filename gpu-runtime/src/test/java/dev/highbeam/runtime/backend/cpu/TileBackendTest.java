// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.BackendContract;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.TinyPrograms;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The contract over the kernels of machine code, and over Java's where those do not apply. */
class TileBackendTest extends BackendContract {

  @BeforeAll
  static void needTiles() {
    assumeTrue(TileLibrary.isUsable(), TileLibrary::whyNot);
  }

  /** Pages whose tokens lie as tiles. */
  @Override
  public int pageSize() {
    return TileKernels.GROUP_TOKENS;
  }

  @Override
  public Backend backend() {
    return CpuBackend.create(2);
  }

  @Override
  public float[] read(Executable executable, Buffer buffer, int rowCount) {
    return ((CpuExecutable) executable).contents(buffer, rowCount);
  }

  @Test
  void givenType_numerics_sayWhichKernelsCompute() {
    assertThat(numerics(DType.BF16)).isEqualTo("cpu-amx-bf16-1");
    assertThat(numerics(DType.F32)).isEqualTo("cpu-fma-f32acc-1");
  }

  private String numerics(DType dtype) {
    try (Backend backend = backend()) {
      return backend.numerics(TinyPrograms.llama(backend, TinyPrograms.Shape.SMALL, dtype, 5));
    }
  }
}
