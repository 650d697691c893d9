// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.PackedLinear;
import org.jspecify.annotations.Nullable;

/**
 * A linear's weights in panels of 32 rows of W (columns of the output), each [k, 32], so that a
 * block product reads them front to back. In f32 a panel holds 32 floats per k, in bf16 16 words
 * (see {@link Product#words}). For a gated epilogue the first half of a panel's columns are gates,
 * the second half their ups. Missing columns of the last panel are 0. Immutable once packed.
 *
 * <p>Panels lie in chunks of whole panels, so that no array needs 2^31 elements.
 */
final class PanelWeights implements PackedLinear {

  /** Most elements of a chunk, unless one panel alone is larger. */
  private static final int CHUNK_ELEMENTS = 1 << 28;

  private final LinearSpec spec;
  private final DType dtype;
  private final int panelCount;
  private final int panelsPerChunk;
  private final int panelElements;
  private final float[][] floats;
  private final int[][] words;
  private final float @Nullable [] bias;

  PanelWeights(LinearSpec spec, DType dtype, float @Nullable [] bias) {
    this.spec = spec;
    this.dtype = dtype;
    this.bias = bias;
    panelCount = StackedRows.panelCount(spec);
    int perDepth = dtype == DType.BF16 ? Product.HALF : Product.COLUMNS;
    panelElements = Math.multiplyExact(spec.inputWidth(), perDepth);
    panelsPerChunk = Math.min(panelCount, Math.max(1, CHUNK_ELEMENTS / panelElements));
    int chunks = (panelCount + panelsPerChunk - 1) / panelsPerChunk;
    floats = new float[dtype == DType.BF16 ? 0 : chunks][];
    words = new int[dtype == DType.BF16 ? chunks : 0][];
    for (int chunk = 0; chunk < chunks; chunk++) {
      int panels = Math.min(panelsPerChunk, panelCount - chunk * panelsPerChunk);
      if (dtype == DType.BF16) {
        words[chunk] = new int[panels * panelElements];
      } else {
        floats[chunk] = new float[panels * panelElements];
      }
    }
  }

  @Override
  public LinearSpec spec() {
    return spec;
  }

  @Override
  public long bytes() {
    long biasBytes = bias == null ? 0 : 4L * bias.length;
    return 4L * panelCount * panelElements + biasBytes;
  }

  /** F32 or BF16. */
  DType dtype() {
    return dtype;
  }

  int panelCount() {
    return panelCount;
  }

  /** Output columns that a panel computes: 32, or 16 after a gate. */
  int panelOutputs() {
    return StackedRows.panelOutputs(spec);
  }

  /** Elements of the panel per step of k. */
  int stride() {
    return dtype == DType.BF16 ? Product.HALF : Product.COLUMNS;
  }

  /** The array of f32 that holds a panel. */
  float[] floats(int panel) {
    return floats[panel / panelsPerChunk];
  }

  /** The array of bf16 pairs that holds a panel. */
  int[] words(int panel) {
    return words[panel / panelsPerChunk];
  }

  /** Where a panel begins in its array. */
  int offset(int panel) {
    return panel % panelsPerChunk * panelElements;
  }

  /** Biases in the order of the panels' columns, or null. */
  float @Nullable [] bias() {
    return bias;
  }
}
