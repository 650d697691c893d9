// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.PackedTable;
import dev.highbeam.runtime.backend.WeightSource;

/**
 * An embedding table in bf16, in native memory of the backend.
 *
 * @param source what it was made of
 * @param rowCount tokens
 * @param width elements of a row
 * @param address where the rows lie, one after the other
 */
record TileTable(WeightSource source, int rowCount, int width, long address)
    implements PackedTable {

  @Override
  public long bytes() {
    return 2L * rowCount * width;
  }
}
