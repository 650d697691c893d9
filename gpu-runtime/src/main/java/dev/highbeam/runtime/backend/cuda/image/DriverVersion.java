// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

/**
 * The CUDA version of a driver as {@code cuDriverGetVersion} counts it: 1000 * major + 10 * minor,
 * so 13000 is CUDA 13.0.
 */
public record DriverVersion(int number) implements Comparable<DriverVersion> {

  private static final int FIRST_OF_CUDA_13 = 13000;

  /** The oldest driver for machine code of an nvcc: all minor versions of a major one share it. */
  static DriverVersion ofCubin(int nvccMajor) {
    return new DriverVersion(1000 * nvccMajor);
  }

  /**
   * The oldest driver for PTX of a language version. The driver's compiler has no compatibility
   * between minor versions, so that PTX 9.1 needs a driver of CUDA 13.1.
   *
   * @see <a href="https://docs.nvidia.com/cuda/parallel-thread-execution/#release-notes">Release
   *     history of the PTX ISA</a>
   */
  static DriverVersion ofPtx(int major, int minor) {
    // PTX 7, 8, 9 came with CUDA 11, 12, 13, minor for minor; CUDA 12.6 alone brought no new PTX.
    boolean afterGap = major == 8 && minor >= 6;
    return new DriverVersion(1000 * (major + 4) + 10 * (afterGap ? minor + 1 : minor));
  }

  boolean isAtLeast(DriverVersion other) {
    return compareTo(other) >= 0;
  }

  @Override
  public int compareTo(DriverVersion other) {
    return Integer.compare(number, other.number);
  }

  /** Such as {@code CUDA 13.0 (13000)}; where the branch of the driver is known, with it. */
  String required() {
    return this + (number == FIRST_OF_CUDA_13 ? ", which NVIDIA driver 580 brought" : "");
  }

  @Override
  public String toString() {
    return "CUDA " + number / 1000 + "." + number % 1000 / 10 + " (" + number + ")";
  }
}
