// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PtxTest {

  @Test
  void givenCompilerOutput_parse_skipsCommentsAndReadsHeadAndKernels() {
    Ptx ptx = Ptx.parse(ImageBytes.of(FatbinBytes.ptx("9.0", "sm_90a", "one", "$two_2")));

    assertThat(ptx.target()).isEqualTo(TargetArch.parse("compute_90a"));
    assertThat(ptx.driverFloor().number()).isEqualTo(13000);
    assertThat(ptx.kernels())
        .containsExactly(new ImageKernel("one", 0, 0, 128), new ImageKernel("$two_2", 0, 0, 128));
  }

  @Test
  void givenBlocksOfThreeDimensionsOrNoBounds_kernels_multipliesThem() {
    Ptx ptx =
        parse(
            ".version 8.0\n.target sm_80, debug\n"
                + ".entry cube(.param .u64 p) .maxntid 4, 8,2 .minnctapersm 1\n{ }\n"
                + ".entry flat() .maxntid 96 {}\n"
                + ".entry free() {}\n");

    assertThat(ptx.kernels()).extracting(ImageKernel::maxThreads).containsExactly(64, 96, 0);
  }

  @ParameterizedTest
  @CsvSource({"7.8, 11080", "8.0, 12000", "8.5, 12050", "8.6, 12070", "8.8, 12090", "9.1, 13010"})
  void S1_9_givenALanguageVersion_driverFloor_isTheCudaVersionThatBroughtIt(
      String version, int driver) {
    assertThat(parse(".version " + version + "\n.target sm_80\n").driverFloor().number())
        .isEqualTo(driver);
  }

  @Test
  void givenNoHeadOrNoBody_parse_saysWhatIsMissing() {
    assertThatThrownBy(() -> parse(".target sm_80\n").driverFloor())
        .hasMessageContaining(".version");
    assertThatThrownBy(() -> parse(".version 9.0\n").target()).hasMessageContaining(".target");
    assertThatThrownBy(() -> parse(".entry lost(").kernels())
        .isInstanceOf(MalformedImageException.class)
        .hasMessage("kernel lost of the PTX has no body");
  }

  private static Ptx parse(String text) {
    return Ptx.parse(ImageBytes.of((text + "\0").getBytes(StandardCharsets.ISO_8859_1)));
  }
}
