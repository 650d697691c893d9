// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.CudaStream;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.PinnedMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings weights from the checkpoint to where they live, through a pinned piece of bounded size.
 * Owns what it allocates: closing it frees all weights.
 */
final class WeightUpload implements AutoCloseable {

  private static final int STAGING_BYTES = 32 << 20;

  /** Most bytes of one pinned piece: whole tiles within the reach of a ByteBuffer. */
  private static final long PIECE_BYTES = 1L << 30;

  private final CudaContext context;
  private final CudaStream stream;
  private final List<AutoCloseable> owned = new ArrayList<>();
  private @Nullable PinnedMemory staging;

  WeightUpload(CudaContext context, CudaStream stream) {
    this.context = context;
    this.stream = stream;
  }

  /** Fills a part of a target from an offset on, at most as much as the buffer has room for. */
  interface Source {
    void read(long offset, ByteBuffer target);
  }

  /** Tiles on the device. */
  DeviceMemory tiles(String label, WeightTiles tiles) {
    return bytes(label, tiles.bytes(), tiles::pack);
  }

  /** Tiles in pinned memory. */
  List<PinnedMemory> pinnedTiles(String label, WeightTiles tiles) {
    List<PinnedMemory> pieces = new ArrayList<>();
    for (long offset = 0; offset < tiles.bytes(); offset += PIECE_BYTES) {
      long bytes = Math.min(PIECE_BYTES, tiles.bytes() - offset);
      PinnedMemory piece = context.allocatePinned(bytes, label, false);
      owned.add(piece);
      pieces.add(piece);
      tiles.pack(offset, piece.buffer().order(ByteOrder.LITTLE_ENDIAN));
    }
    return List.copyOf(pieces);
  }

  /** A vector of f32 on the device, or null for null. */
  @Nullable DeviceMemory vector(String label, float @Nullable [] values) {
    if (values == null) {
      return null;
    }
    return bytes(
        label,
        (long) values.length * Float.BYTES,
        (offset, target) ->
            target
                .asFloatBuffer()
                .put(values, (int) (offset / Float.BYTES), target.remaining() / Float.BYTES));
  }

  /** Any bytes on the device; the source is asked for pieces of 8 KiB or multiples of it. */
  DeviceMemory bytes(String label, long bytes, Source source) {
    DeviceMemory memory = context.allocate(bytes, label);
    owned.add(memory);
    PinnedMemory piece = staging();
    for (long offset = 0; offset < bytes; offset += STAGING_BYTES) {
      int count = (int) Math.min(STAGING_BYTES, bytes - offset);
      ByteBuffer target = piece.buffer().order(ByteOrder.LITTLE_ENDIAN);
      target.limit(count);
      source.read(offset, target);
      stream.copyToDevice(memory.slice(offset, count), piece, count);
      stream.synchronize();
    }
    return memory;
  }

  private PinnedMemory staging() {
    PinnedMemory memory = staging;
    if (memory == null) {
      memory = context.allocatePinned(STAGING_BYTES, "weight staging", false);
      staging = memory;
    }
    return memory;
  }

  /** Gives the staging memory back; it comes again when needed. */
  void release() {
    PinnedMemory memory = staging;
    if (memory != null) {
      memory.close();
      staging = null;
    }
  }

  @Override
  public void close() {
    release();
    Closing.all(owned);
  }
}
