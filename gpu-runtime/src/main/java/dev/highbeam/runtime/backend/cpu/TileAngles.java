// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

/**
 * A {@link RopeTable} in native memory.
 *
 * @param cosines [position][pairs] f32
 * @param sines the same
 */
record TileAngles(long cosines, long sines) {

  static TileAngles of(RopeTable table, NativeMemory memory) {
    return new TileAngles(memory.take(table.cosines()), memory.take(table.sines()));
  }
}
