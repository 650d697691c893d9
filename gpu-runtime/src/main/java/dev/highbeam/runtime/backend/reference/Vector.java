// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.reference;

import dev.highbeam.runtime.backend.PackedVector;

/** A norm's weights, the offset already added. */
@SuppressWarnings("ArrayRecordComponent") // Read in place by the ops and never compared.
record Vector(float[] values) implements PackedVector {

  @Override
  public int length() {
    return values.length;
  }

  @Override
  public long bytes() {
    return Float.BYTES * (long) values.length;
  }
}
