// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

/** An embedding table [rows, width] in a backend's own layout. */
public interface PackedTable {

  int rowCount();

  int width();

  /** Bytes that the packed table takes where it lives. */
  long bytes();
}
