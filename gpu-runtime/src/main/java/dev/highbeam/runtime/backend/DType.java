// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

/** Element types of weights, activations and the KV cache. */
public enum DType {
  F32(4),
  BF16(2),
  F16(2);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }
}
