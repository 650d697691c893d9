// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

/**
 * The shapes of one append: qkv [tokens, (queryHeads + 2 * kvHeads) * headDim] into a cache of
 * pages.
 *
 * @param activation type of qkv
 * @param cache type of keys and values
 * @param isHnd a head's tokens lie together in a page, instead of a token's heads
 * @param isJoint keys and values share pages: [pages][2][...], instead of a memory each
 */
record AppendCase(
    ElementType activation,
    ElementType cache,
    int queryHeads,
    int kvHeads,
    int headDim,
    int rotaryDim,
    int pageSize,
    boolean isHnd,
    boolean isJoint,
    float keyScale,
    float valueScale) {

  int width() {
    return (queryHeads + 2 * kvHeads) * headDim;
  }

  int stride() {
    return (width() + 63) / 64 * 64;
  }

  /** Elements of keys, or of values, in a page. */
  int pageElements() {
    return pageSize * kvHeads * headDim;
  }

  long pageStride() {
    return (isJoint ? 2L : 1L) * pageElements();
  }

  long headStride() {
    return isHnd ? (long) pageSize * headDim : headDim;
  }

  long tokenStride() {
    return isHnd ? headDim : (long) kvHeads * headDim;
  }

  /** Elements from the start of all keys, or values, to those of a slot and head. */
  int place(int slot, int head) {
    return Math.toIntExact(
        slot / pageSize * pageStride() + slot % pageSize * tokenStride() + head * headStride());
  }
}
