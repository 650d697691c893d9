// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

/** Element types of weights, activations and the KV cache. */
public enum DType {
  F32(4),
  BF16(2),
  F16(2),
  /** 1 sign, 4 exponent and 3 fraction bits, no infinity; keys and values only. See Float8. */
  FP8_E4M3(1);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }
}
