// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

/** A vector of parameters (the weight of a norm) in a backend's own layout. */
public interface PackedVector {

  int length();

  /** Bytes that the vector takes where it lives. */
  long bytes();
}
