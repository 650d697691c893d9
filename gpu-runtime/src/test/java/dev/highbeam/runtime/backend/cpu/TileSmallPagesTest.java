// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

/** The same over pages smaller than a group of 16 tokens. */
final class TileSmallPagesTest extends TileBackendTest {

  @Override
  public int pageSize() {
    return 8;
  }
}
