// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.reference;

import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.PackedLinear;

/** Weights of a linear [rows][k], its members stacked, and their biases [rows], 0 where none is. */
@SuppressWarnings("ArrayRecordComponent") // Read in place by the ops and never compared.
record Matrix(LinearSpec spec, float[][] rows, float[] bias) implements PackedLinear {

  @Override
  public long bytes() {
    return Float.BYTES * (long) rows.length * (rows[0].length + 1);
  }
}
