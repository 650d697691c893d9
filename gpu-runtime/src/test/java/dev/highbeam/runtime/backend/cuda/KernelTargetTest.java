// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.CudaArchList;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.BackendUnderTest;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.InMemoryWeights;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.OpBench;
import dev.highbeam.runtime.backend.WeightSource;
import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import dev.highbeam.runtime.backend.cuda.image.Capability;
import dev.highbeam.runtime.backend.cuda.image.ImageChoice.Wish;
import dev.highbeam.runtime.backend.cuda.image.TargetArch;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KernelTargetTest {

  private static final int WIDTH = 1090;
  private static final int ROWS = 40;

  @ParameterizedTest
  @CsvSource({"sm_90a,9.0", "compute_80,8.0", "sm_90,8.9", "compute_90,8.9"})
  void givenImage_of_hasItsKernels(String arch, String capability) {
    try (CudaContext context = EmulatedGpu.context(EmulatedGpu.SM_90)) {
      assertThat(KernelTarget.of(context.device(), TargetArch.parse(arch)))
          .isEqualTo(
              new KernelTarget(Capability.parse(capability), context.device().multiprocessors()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"9.0", "8.0+PTX", "7.5+PTX"})
  void givenHopperThatMayUseSomeImagesOnly_linear_runsTheirKernels(String archs) {
    BackendUnderTest under =
        new Hopper(new Wish(CudaArchList.parse("cuda_arch_list", archs), true));
    float[] input = new float[3 * WIDTH];
    Arrays.fill(input, 0.5f);
    InMemoryWeights weights = InMemoryWeights.random("w", DType.F16, 5, 0.1f, ROWS, WIDTH);
    LinearSpec spec =
        new LinearSpec(
            "linear", List.of(weights), Arrays.asList((WeightSource) null), Epilogue.STORE);
    float[] values = weights.values();
    double[] expected = new double[3 * ROWS];
    for (int i = 0; i < expected.length; i++) {
      for (int k = 0; k < WIDTH; k++) {
        expected[i] += 0.5 * values[i % ROWS * WIDTH + k];
      }
    }
    try (OpBench bench = new OpBench(under, 3)) {
      Buffer in = bench.input(DType.F16, input);
      Buffer out = bench.output(DType.F16, ROWS);
      Op linear = new Op.Linear("linear", out, in, bench.backend().pack(spec, DType.F16));
      under.tolerance(DType.F16).check(bench.op(linear).run(out), expected, archs);
    }
  }

  /** A device of 9.0 and what of the build's images it may use. */
  private record Hopper(Wish wish) implements BackendUnderTest {

    @Override
    public Backend backend() {
      EmulatedGpu.driver();
      return CudaDevices.detect(wish).open(TestBackends.settings(EmulatedGpu.SM_90));
    }

    @Override
    public float[] read(Executable executable, Buffer buffer, int rowCount) {
      return DeviceReader.read((CudaExecutable) executable, buffer, rowCount);
    }
  }
}
