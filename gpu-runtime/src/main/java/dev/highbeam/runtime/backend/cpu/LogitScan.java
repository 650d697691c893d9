// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.sampling.LogitRow;
import java.nio.ByteBuffer;

/** A row of logits in native memory, scanned when it is loaded. One per worker. */
final class LogitScan implements LogitRow {

  private final int count;
  private final long result;
  private final ByteBuffer view;
  private long logits;

  LogitScan(int count, NativeMemory memory) {
    this.count = count;
    result = memory.take(TileKernels.SCAN_BYTES);
    view = NativeMemory.view(result, TileKernels.SCAN_BYTES);
  }

  void load(long address) {
    logits = address;
    TileKernels.scanRow(logits, count, result);
  }

  @Override
  public boolean isOrdered() {
    return view.getInt(TileKernels.SCAN_IS_ORDERED) != 0;
  }

  @Override
  public boolean isUniform() {
    return view.getInt(TileKernels.SCAN_IS_UNIFORM) != 0;
  }

  @Override
  public float greatest() {
    return view.getFloat(TileKernels.SCAN_GREATEST);
  }

  @Override
  public int greatestId() {
    return view.getInt(TileKernels.SCAN_GREATEST_ID);
  }

  @Override
  public long total() {
    return view.getLong(TileKernels.SCAN_TOTAL);
  }

  @Override
  public float logit(int id) {
    return TileKernels.read(logits + 4L * id);
  }

  @Override
  public int draw(float temperature, long least, long bits) {
    return TileKernels.draw(logits, count, greatest(), temperature, least, bits);
  }

  @Override
  public void copyTo(float[] target) {
    NativeMemory.view(logits, 4L * count).asFloatBuffer().get(target, 0, count);
  }
}
