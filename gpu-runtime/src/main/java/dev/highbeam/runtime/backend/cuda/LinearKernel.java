// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.cuda.image.Capability;

/** The three ways a linear's products are made. Each sums in an order of its own. */
enum LinearKernel {
  /** One chain of fused multiply-adds per sum; any device, any input type. */
  SIMT,
  /** Warp products (mma.sync): bf16 from 8.0, f16 from 7.5. */
  MMA,
  /** Warpgroup products on weights brought by bulk copies: devices of 9.0. */
  WGMMA;

  private static final Capability BF16_MMA = new Capability(8, 0);
  // Images for 9.0a run on 9.0 alone; later devices get the warp products from PTX.
  private static final Capability HOPPER = new Capability(9, 0);

  /** The fastest that there is for a capability and the types of weights and input. */
  static LinearKernel of(Capability device, DType weightType, DType inputType) {
    if (weightType != inputType) {
      return SIMT;
    }
    return switch (weightType) {
      case BF16 -> device.isAtLeast(BF16_MMA) ? tensor(device) : SIMT;
      case F16 -> tensor(device);
      case F32, FP8_E4M3 -> SIMT;
    };
  }

  private static LinearKernel tensor(Capability device) {
    return device.equals(HOPPER) ? WGMMA : MMA;
  }
}
