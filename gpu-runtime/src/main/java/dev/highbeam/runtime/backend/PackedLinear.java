// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

/**
 * A linear layer's weights in a backend's own layout. Opaque to models; only the backend that
 * packed it can run it.
 */
public interface PackedLinear {

  LinearSpec spec();

  /** Bytes that the packed weights take where they live. */
  long bytes();
}
