// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.PackedLinear;

/**
 * A linear's weights in panels of tiles, in native memory of the backend: bf16, or int8 with a
 * scale per column. Columns and k past the last are 0.
 *
 * @param spec what it is
 * @param isInt8 whether int8 instead of bf16
 * @param steps tiles along k: of 64 in int8, of 32 in bf16
 * @param panelCount panels of 32 columns
 * @param panels where the panels lie, one after the other
 * @param scales [panelCount * 32] f32, or 0 for bf16
 * @param bias [panelCount * 32] f32, or 0 if there is none
 */
record TileWeights(
    LinearSpec spec, boolean isInt8, int steps, int panelCount, long panels, long scales, long bias)
    implements PackedLinear {

  /** Bytes of one panel. */
  long panelBytes() {
    return 2L * steps * TileKernels.TILE_BYTES;
  }

  @Override
  public long bytes() {
    int vectors = (scales == 0 ? 0 : 1) + (bias == 0 ? 0 : 1);
    return panelCount * (panelBytes() + 4L * vectors * TileKernels.PANEL_COLUMNS);
  }
}
