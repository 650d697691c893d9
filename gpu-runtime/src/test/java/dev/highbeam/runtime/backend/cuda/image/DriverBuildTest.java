// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DriverBuildTest {

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "'NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun Jul 27 2025', 13000-580.65.06",
    "'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build',"
        + " 13000-570.86.15",
    "'NVRM version: nothing of the kind, GCC 12', 13000",
    "'', 13000"
  })
  void S0_2_givenTheModulesOwnWords_of_addsTheBuild(String words, String expected)
      throws IOException {
    Path file = Files.writeString(folder.resolve("version"), words + "\nGCC version: 12.2.0\n");
    assertThat(DriverBuild.of(13000, file)).isEqualTo(expected);
  }

  @Test
  void givenNoModule_of_isTheVersionAlone() {
    assertThat(DriverBuild.of(13000, folder.resolve("none"))).isEqualTo("13000");
  }
}
