// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringReader;
import java.util.Properties;
import org.junit.jupiter.api.Test;

final class CarriedKernelsTest {

  @Test
  void givenImages_describe_countsAndNamesThem() throws IOException {
    CarriedKernels carried = of("images=2\narchs=sm_80,compute_80\nnvcc=13.0.88\n");
    assertThat(carried.isEmpty()).isFalse();
    assertThat(carried.describe()).isEqualTo("2 images: sm_80, compute_80 (nvcc 13.0.88)");
    assertThat(of("images=1\narchs=sm_80\n").describe()).isEqualTo("1 image: sm_80 (nvcc unknown)");
  }

  @Test
  void givenNoneOrNoFile_isEmpty() throws IOException {
    assertThat(of("format=1\nimages=0\n").isEmpty()).isTrue();
    assertThat(of("").isEmpty()).isTrue();
  }

  @Test
  void givenBrokenCount_isRefused() {
    assertThatThrownBy(() -> of("images=many")).isInstanceOf(IllegalArgumentException.class);
  }

  private static CarriedKernels of(String text) throws IOException {
    Properties properties = new Properties();
    properties.load(new StringReader(text));
    return CarriedKernels.of(properties);
  }
}
