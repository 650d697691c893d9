// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.DType;

/** The numbers by which kernels know element types, and their names in kernel names. */
final class TypeCodes {

  private TypeCodes() {}

  /** As in the kernels' device.h. */
  static int of(DType dtype) {
    return switch (dtype) {
      case F32 -> 0;
      case BF16 -> 1;
      case F16 -> 2;
      case FP8_E4M3 -> 3;
    };
  }
}
