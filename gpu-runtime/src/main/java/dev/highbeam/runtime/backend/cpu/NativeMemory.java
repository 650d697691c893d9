// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.api.EngineException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Zeroed memory outside of the heap, freed as a whole. Large pages where the system has them, which
 * the collector never moves and never scans. Used by one thread.
 */
final class NativeMemory implements AutoCloseable {

  private record Block(long address, long bytes) {}

  private final List<Block> blocks = new ArrayList<>();
  private final List<Runnable> ends = new ArrayList<>();
  private long bytes;

  /**
   * A new block; at least one byte is asked of the system.
   *
   * @throws EngineException configuration, if the system has no such memory
   */
  long take(long wanted) {
    long size = Math.max(1, wanted);
    long address = TileKernels.allocate(size);
    if (address == 0) {
      throw EngineException.configuration(
          String.format(
              Locale.ROOT,
              "the system refused %.1f MiB of memory beside the heap; lower max_num_seqs,"
                  + " max_num_batched_tokens or kv_cache_memory_bytes",
              size / (double) (1 << 20)));
    }
    blocks.add(new Block(address, size));
    bytes += size;
    return address;
  }

  /** A block with these values. */
  long take(float[] values) {
    long address = take(4L * values.length);
    view(address, 4L * values.length).asFloatBuffer().put(values);
    return address;
  }

  /** Bytes taken so far. */
  long bytes() {
    return bytes;
  }

  /** Runs when the memory is freed, the last first. */
  void atEnd(Runnable end) {
    ends.add(end);
  }

  /** A little-endian view of memory that someone else owns, of at most 2^31 - 1 bytes. */
  static ByteBuffer view(long address, long length) {
    return TileKernels.buffer(address, length).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Frees everything; views of it must not be used any more. */
  @Override
  public void close() {
    for (int i = ends.size() - 1; i >= 0; i--) {
      ends.get(i).run();
    }
    ends.clear();
    blocks.forEach(block -> TileKernels.release(block.address(), block.bytes()));
    blocks.clear();
  }
}
