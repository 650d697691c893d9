// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

/**
 * Layers whose keys and values share page tables and shape. A model with two kinds of layers has
 * two groups; today's have one.
 *
 * @param index place in the program's list of groups
 * @param layerCount layers in the group
 * @param kvHeads heads of keys and values
 * @param headDim elements per head
 * @param dtype type in which keys and values are kept; attention reads them after rounding to it
 */
public record KvGroup(int index, int layerCount, int kvHeads, int headDim, DType dtype) {

  /** Bytes of keys and values that one token takes in all layers of the group. */
  public long bytesPerToken() {
    return 2L * layerCount * kvHeads * headDim * dtype.bytes();
  }
}
