// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.TestSequence;
import dev.highbeam.runtime.backend.TestSteps;
import dev.highbeam.runtime.backend.TinyPrograms;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.Counter;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What has nothing to do launches nothing and fails nothing. */
final class EmptyWorkTest {

  private static final int DEVICE = EmulatedGpu.SM_80;
  private static final Capacity CAPACITY = new Capacity(32, 4, 64, 8, 32);

  /** Of the decoder's two layers: norm, qkv, rope, attention, out, norm, gate and down. */
  private static final int LAYERS = 2 * 8;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void S2_5_givenNoTokens_launch_runsNoKernel(boolean useGraphs) {
    EmulatedGpu.emulator();
    try (Backend backend = TestBackends.open(settings(useGraphs));
        Executable executable = decoder(backend)) {
      ForwardBatch empty = new ForwardBatch(CAPACITY);
      empty.clear();
      assertThat(kernelsOf(executable, empty)).isZero();
      // And the next step finds everything as it should be.
      assertThat(kernelsOf(executable, prompt(sequence()))).isPositive();
    }
  }

  @Test
  void S2_5_givenTokensOfOneClassAndNoLogits_launch_runsTheirKernelsOnly() {
    EmulatedGpu.emulator();
    try (Backend backend = TestBackends.open(settings(false));
        Executable executable = decoder(backend)) {
      TestSequence sequence = sequence();
      // Slots assigned, tokens embedded, no OUTPUT attention and no head.
      assertThat(kernelsOf(executable, prompt(sequence))).isEqualTo(2 + LAYERS);
      // No PROMPT attention, no combination, nothing to assign.
      ForwardBatch output = new TestSteps(CAPACITY).add(sequence, 1).build();
      assertThat(kernelsOf(executable, output)).isEqualTo(1 + LAYERS);
    }
  }

  private static Executable decoder(Backend backend) {
    return backend.compile(
        TinyPrograms.llama(backend, TinyPrograms.Shape.SMALL, DType.BF16, 5), CAPACITY);
  }

  private static TestSequence sequence() {
    return new TestSequence(1, 5, 9, 8, 7, 6, 5, 4).pagesFrom(0, 8, 6);
  }

  private static ForwardBatch prompt(TestSequence sequence) {
    return new TestSteps(CAPACITY).add(sequence, 5).build();
  }

  private static int kernelsOf(Executable executable, ForwardBatch batch) {
    int before = EmulatedGpu.count(Counter.KERNELS_RUN, DEVICE);
    executable.launch(batch);
    executable.await();
    return EmulatedGpu.count(Counter.KERNELS_RUN, DEVICE) - before;
  }

  private static CudaSettings settings(boolean useGraphs) {
    CudaSettings usual = TestBackends.settings(DEVICE);
    return new CudaSettings(
        DEVICE,
        usual.mayShare(),
        usual.memoryFraction(),
        OptionalInt.empty(),
        usual.kvLocation(),
        usual.kernelCacheDir(),
        useGraphs,
        usual.isSynchronous());
  }
}
