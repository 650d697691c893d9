// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.CudaStream;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.PinnedMemory;
import java.nio.IntBuffer;
import java.util.List;

/**
 * The way of a step's arrays to the device: two pinned pieces, one for each step in flight, and one
 * piece on the device, which the stream's order protects. One copy a step.
 */
final class BatchArena implements AutoCloseable {

  private static final int PIECES = 2;

  private final DeviceMemory device;
  private final PinnedMemory[] pinned = new PinnedMemory[PIECES];
  private final IntBuffer[] words = new IntBuffer[PIECES];

  /**
   * An arena.
   *
   * @param mostWords words of the largest step in any layout
   */
  BatchArena(CudaContext context, long mostWords) {
    long bytes = Math.multiplyExact(mostWords, Integer.BYTES);
    device = context.allocate(bytes, "batch arena");
    for (int piece = 0; piece < PIECES; piece++) {
      pinned[piece] = context.allocatePinned(bytes, "batch arena", false);
      words[piece] = pinned[piece].buffer().asIntBuffer();
    }
  }

  DeviceMemory device() {
    return device;
  }

  /** Writes a step into a pinned piece and starts its copy. */
  void send(
      ForwardBatch batch, BatchLayout layout, BatchWriter writer, int piece, CudaStream stream) {
    int used = writer.write(batch, layout, words[piece]);
    stream.copyToDevice(device.pointer(), pinned[piece], (long) used * Integer.BYTES);
  }

  @Override
  public void close() {
    Closing.all(List.of(device, pinned[0], pinned[1]));
  }
}
