// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineException;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class KernelImagesTest {

  private final BuildFiles files = BuildFiles.of("sm_80", "sm_90a", "compute_80");

  @Test
  void givenASoundBuild_open_givesManifestAndImages() {
    KernelImages images = KernelImages.open(files).orElseThrow();

    assertThat(images.manifest().archs())
        .extracting(TargetArch::name)
        .containsExactly("sm_80", "sm_90a", "compute_80");
    assertThat(images.manifest().nvcc()).isEqualTo("13.0.88");
    assertThat(images.manifest().sourceHash()).hasSize(64);
    TargetArch arch = TargetArch.parse("sm_90a");
    assertThat(images.manifest().rows(arch))
        .containsExactly(new KernelRow(arch, "add_one", 8, 256, 128, 0, 0, 0));
    assertThat(images.image(arch)).isEqualTo(FatbinBytes.image(arch));
    assertThatThrownBy(() -> images.image(TargetArch.parse("sm_75")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("sm_75");
  }

  @Test
  void S1_9_givenASoundBuild_choose_takesDriverFloorsFromTheImages() {
    files.put(
        BuildFiles.FATBIN,
        new FatbinBytes()
            .add(TargetArch.parse("sm_80"), FatbinBytes.image(TargetArch.parse("sm_80")))
            .add(TargetArch.parse("sm_90a"), FatbinBytes.image(TargetArch.parse("sm_90a")))
            .add(TargetArch.parse("compute_80"), FatbinBytes.ptx("9.1", "sm_80", "add_one"))
            .toBytes());
    files.edit(BuildFiles.PROPERTIES, "nvcc=13.0.88", "nvcc=13.1.2");
    KernelImages images = KernelImages.open(files).orElseThrow();

    assertThat(images.choose(device("9.0"), ImageChoice.Wish.ANY))
        .isEqualTo(new ImageChoice.Chosen(TargetArch.parse("sm_90a")));
    assertThat(
            ((ImageChoice.Refused) images.choose(device("12.0"), ImageChoice.Wish.ANY)).message())
        .contains("needed is a driver for CUDA 13.1 (13010), found is one for CUDA 13.0 (13000)");
  }

  @Test
  void givenABuildWithoutNvcc_open_isEmpty() {
    files.put(BuildFiles.PROPERTIES, "format=1\nimages=0\n");
    assertThat(KernelImages.open(files)).isEmpty();
    files.remove(BuildFiles.PROPERTIES);
    assertThat(KernelImages.open(files)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "'images=3', 'images=2', counts 2 images and lists 3",
    "'images=3', 'images=x', counts 'x' images",
    "'nvcc=13.0.88', 'nvcc=new', strange nvcc 'new'",
    "'sourceHash=0', 'sourceHash=Z', strange sourceHash",
    "'fatbin=META', 'fatbin=/META', strange fatbin",
    "'sm_80,', 'sm_80,sm_80,', lists sm_80 twice",
    "'sm_80,', 'banana,', banana",
    "'archs=sm_80,', 'archs=sm_86,', 'kernels.tsv has rows for [sm_80,'",
    "'archs=', 'arch=', no archs"
  })
  void givenAContradictoryManifest_open_isAHardError(String part, String by, String expected) {
    assertRefused(files.edit(BuildFiles.PROPERTIES, part, by), expected.replace("''", "'"));
  }

  @ParameterizedTest
  @CsvSource({
    "'sm_80\tadd_one', 'sm_80\tadd_two', sm_80 lacks add_two",
    "'sm_80\tadd_one\t8\t256\t128', 'sm_80\tadd_one\t8\t256\t256', 'has 128 threads, the manifest claims 256'",
    "'sm_90a\tadd_one\t8', 'sm_90a\tadd_one\t9', 'add_one of sm_90a has 8 registers, the manifest claims 9'",
    "'sm_80\tadd_one\t8\t256', 'sm_80\tadd_one\t8\t0', '256 bytes of shared memory, the manifest claims 0'",
    "'compute_80\tadd_one', 'compute_80\tadd_two', compute_80 lacks add_two",
    "'compute_80\tadd_one\t0\t0\t128', 'compute_80\tadd_one\t0\t0\t64', has 128 threads",
    "'\t8\t256', '\t-8\t256', line 2 of kernels.tsv is broken",
    "'\t8\t256', '\teight\t256', line 2 of kernels.tsv is broken",
    "'\t8\t256', '\t256', line 2 of kernels.tsv has not 8 columns",
    "'arch\tkernel', 'kernel\tarch', does not begin with its titles"
  })
  void givenATableThatDiffersFromTheImages_open_namesTheFirstDifference(
      String part, String by, String expected) {
    assertRefused(files.edit(BuildFiles.TABLE, part, by), expected);
  }

  @Test
  void givenAKernelTwiceOrOneTooMany_open_namesIt() {
    String row = "sm_80\tadd_one\t8\t256\t128\t0\t0\t0\n";
    assertRefused(
        BuildFiles.of("sm_80").edit(BuildFiles.TABLE, row, row + row), "add_one of sm_80 twice");
    BuildFiles more = BuildFiles.of("sm_80");
    byte[] cubin = CubinBytes.of(80).kernel("add_one", 8, 256, 128).kernel("b", 8, 0, 1).toBytes();
    more.put(BuildFiles.FATBIN, new FatbinBytes().add(TargetArch.parse("sm_80"), cubin).toBytes());
    assertRefused(more, "sm_80 holds b, which the manifest omits");
  }

  @Test
  void givenOtherImagesThanClaimed_open_namesBoth() {
    files.put(BuildFiles.FATBIN, FatbinBytes.of("sm_80", "sm_90", "compute_80").toBytes());
    assertRefused(
        files,
        "the manifest claims [sm_80, sm_90a, compute_80], the fatbin holds [sm_80, sm_90,"
            + " compute_80]");
  }

  @Test
  void givenAnImageUnderAForeignArchitecture_open_asksTheImageItself() {
    BuildFiles cubin = BuildFiles.of("sm_80");
    byte[] for86 = CubinBytes.of(86).kernel("add_one", 8, 256, 128).toBytes();
    cubin.put(BuildFiles.FATBIN, new FatbinBytes().add(TargetArch.parse("sm_80"), for86).toBytes());
    assertRefused(cubin, "the fatbin says sm_80, the cubin itself 86");

    BuildFiles ptx = BuildFiles.of("compute_80");
    byte[] for90a = FatbinBytes.ptx("9.0", "sm_90a", "add_one");
    ptx.put(
        BuildFiles.FATBIN, new FatbinBytes().add(TargetArch.parse("compute_80"), for90a).toBytes());
    assertRefused(ptx, "the fatbin says compute_80, the PTX itself compute_90a");
  }

  @Test
  void givenAMissingOrUnreadableFile_open_saysWhich() {
    files.remove(BuildFiles.FATBIN);
    assertRefused(files, "kernels.fatbin is missing");
    assertThatThrownBy(
            () ->
                KernelImages.open(
                    name -> {
                      throw new IOException("disk");
                    }))
        .isInstanceOfSatisfying(
            EngineException.class,
            e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.RETRYABLE));
  }

  private static void assertRefused(BuildFiles files, String part) {
    assertThatThrownBy(() -> KernelImages.open(files))
        .isInstanceOfSatisfying(
            EngineException.class,
            e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.CONFIGURATION))
        .hasMessageStartingWith("the CUDA kernels of this build cannot be used, build it anew: ")
        .hasMessageContaining(part);
  }

  private static DeviceIdentity device(String capability) {
    return new DeviceIdentity(
        0, "x", Capability.parse(capability), "u", "p", new DriverVersion(13000), null);
  }
}
