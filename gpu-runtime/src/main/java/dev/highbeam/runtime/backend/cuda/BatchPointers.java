// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.DevicePointer;

/** The arrays of a step on the device: one arena seen through one layout. */
record BatchPointers(DeviceMemory arena, BatchLayout layout) {

  /** Words of 4 bytes. */
  static final int WORD = Integer.BYTES;

  DevicePointer header() {
    return at(0);
  }

  DevicePointer tokenIds() {
    return at(layout.tokenIds());
  }

  DevicePointer positions() {
    return at(layout.positions());
  }

  DevicePointer slotMapping() {
    return at(layout.slotMapping());
  }

  DevicePointer stateSlots() {
    return at(layout.stateSlots());
  }

  DevicePointer pageIndptr() {
    return at(layout.pageIndptr());
  }

  DevicePointer pageIndices() {
    return at(layout.pageIndices());
  }

  DevicePointer logitRows() {
    return at(layout.logitRowTokens());
  }

  DevicePointer logitTargets() {
    return at(layout.logitTargets());
  }

  DevicePointer logitAlternatives() {
    return at(layout.logitAlternatives());
  }

  DevicePointer logitEntries() {
    return at(layout.logitEntries());
  }

  /** Rows of a head block. */
  DevicePointer headCount(int headBlock) {
    return at(layout.headCounts() + headBlock);
  }

  /** Tokens of the step. */
  DevicePointer tokenCount() {
    return at(BatchLayout.TOKEN_COUNT);
  }

  DevicePointer promptTiles() {
    return at(layout.tiles());
  }

  DevicePointer outputWork() {
    return at(layout.workItems());
  }

  DevicePointer outputCombines() {
    return at(layout.combineItems());
  }

  private DevicePointer at(int word) {
    return memoryFrom((long) word * WORD);
  }

  private DevicePointer memoryFrom(long offset) {
    return arena.slice(offset, arena.bytes() - offset);
  }
}
