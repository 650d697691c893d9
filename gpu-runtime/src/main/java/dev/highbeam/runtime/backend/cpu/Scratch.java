// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.sampling.SampledToken;
import dev.highbeam.runtime.sampling.Sampler;

/** Memory that one worker needs beside the buffers, taken once for the whole program. */
final class Scratch {

  final Product product = new Product();
  final Strips strips = new Strips();
  final float[] lanes = new float[Kernels.LANES];

  /** Sums of one block of a linear. */
  final float[] sums = new float[Product.ROWS * Product.COLUMNS];

  final AttentionScratch attention;
  final Sampler sampler;
  final SampledToken sampled = new SampledToken();

  /**
   * Memory for heads and sequences of at most these sizes.
   *
   * @param headDim elements of the widest head; 0 without attention
   */
  Scratch(int headDim, int maxModelLength, int vocabularySize) {
    attention = new AttentionScratch(headDim, maxModelLength);
    sampler = new Sampler(vocabularySize);
  }
}
