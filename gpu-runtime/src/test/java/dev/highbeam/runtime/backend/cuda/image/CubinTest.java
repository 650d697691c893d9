// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class CubinTest {

  @Test
  void givenKernelsAndADeviceFunction_kernels_areTheEntryPointsWithTheirNumbers() {
    byte[] cubin =
        CubinBytes.of(80)
            .deviceFunction("$first$helper")
            .kernel("first", 40, 0, 128)
            .kernel("second", 255, 49152, 1024)
            .kernel("unbounded", 8, 16, 0)
            .toBytes();

    assertThat(Cubin.kernels(ImageBytes.of(cubin)))
        .containsExactly(
            new ImageKernel("first", 40, 0, 128),
            new ImageKernel("second", 255, 49152, 1024),
            new ImageKernel("unbounded", 8, 16, 0));
  }

  @Test
  void givenSharedMemoryOfTheSystem_kernels_doesNotCountIt() {
    byte[] cubin =
        CubinBytes.of(90)
            .reservingShared()
            .kernel("none", 8, 0, 32)
            .kernel("some", 8, 256, 32)
            .toBytes();

    assertThat(Cubin.kernels(ImageBytes.of(cubin)))
        .extracting(ImageKernel::staticSharedBytes)
        .containsExactly(0, 256);
  }

  @Test
  void givenItsOwnArchitecture_architecture_isReadFromTheKnownAbiOnly() {
    byte[] cubin = CubinBytes.of(121).toBytes();
    assertThat(Cubin.architecture(ImageBytes.of(cubin))).hasValue(121);
    cubin[8] = 7;
    assertThat(Cubin.architecture(ImageBytes.of(cubin))).isEmpty();
  }

  @Test
  void givenAFileForAnotherMachine_kernels_refuses() {
    byte[] cubin = CubinBytes.of(80).toBytes();
    cubin[18] = 62;
    assertThatThrownBy(() -> Cubin.kernels(ImageBytes.of(cubin)))
        .isInstanceOf(MalformedImageException.class)
        .hasMessage("the cubin is for the foreign machine 62");
  }

  @Test
  void givenA32BitFile_kernels_refuses() {
    byte[] cubin = CubinBytes.of(80).toBytes();
    cubin[4] = 1;
    assertThatThrownBy(() -> Cubin.kernels(ImageBytes.of(cubin)))
        .hasMessageContaining("no 64-bit little-endian");
  }
}
