// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

/** Row strides: a multiple of 64 elements, so that rows and k tiles need no tails in kernels. */
final class Strides {

  private static final int MULTIPLE = 64;

  private Strides() {}

  /** The width rounded up to a whole number of k tiles; the pad holds zeros. */
  static int padded(int width) {
    return Math.multiplyExact((width + MULTIPLE - 1) / MULTIPLE, MULTIPLE);
  }
}
