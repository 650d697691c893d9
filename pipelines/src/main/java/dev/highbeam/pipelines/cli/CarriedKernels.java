// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/**
 * What the build says of the CUDA kernels in its jar ({@code kernels.properties}, written by the
 * kernels' build). Only read, for people: the engine compares it with the images themselves.
 *
 * @param images how many kernel images there are; 0 for a build without nvcc
 * @param archs their architectures, separated by commas
 * @param nvcc version of the compiler
 */
record CarriedKernels(int images, String archs, String nvcc) {

  private static final String RESOURCE = "/META-INF/highbeam/kernels.properties";

  /**
   * Reads the properties of this build; without any it carries no kernels.
   *
   * @throws IllegalArgumentException if they are broken
   */
  static CarriedKernels ofThisBuild() throws IOException {
    Properties properties = new Properties();
    try (InputStream in = CarriedKernels.class.getResourceAsStream(RESOURCE)) {
      if (in != null) {
        properties.load(in);
      }
    }
    return of(properties);
  }

  static CarriedKernels of(Properties properties) {
    return new CarriedKernels(
        Integer.parseInt(properties.getProperty("images", "0")),
        properties.getProperty("archs", "unknown"),
        properties.getProperty("nvcc", "unknown"));
  }

  boolean isEmpty() {
    return images == 0;
  }

  /** Such as {@code 2 images: sm_80, compute_80 (nvcc 13.0.88)}. */
  String describe() {
    return images
        + (images == 1 ? " image: " : " images: ")
        + archs.replace(",", ", ")
        + " (nvcc "
        + nvcc
        + ")";
  }
}
