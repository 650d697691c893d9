// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

/**
 * The input of a linear of one width in int8, shared by all linears of that width: the next one
 * begins when the last has ended.
 *
 * @param tiles where the tiles of 16 rows by 64 columns lie; 0 if nothing is int8
 * @param scales [rows] f32
 */
record QuantizedRows(long tiles, long scales) {

  static final QuantizedRows NONE = new QuantizedRows(0, 0);
}
