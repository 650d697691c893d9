// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.reference;

import dev.highbeam.runtime.backend.PackedTable;

/** An embedding table [rows][width]. */
@SuppressWarnings("ArrayRecordComponent") // Read in place by the ops and never compared.
record Table(float[][] rows) implements PackedTable {

  @Override
  public int rowCount() {
    return rows.length;
  }

  @Override
  public int width() {
    return rows[0].length;
  }

  @Override
  public long bytes() {
    return Float.BYTES * (long) rowCount() * width();
  }
}
