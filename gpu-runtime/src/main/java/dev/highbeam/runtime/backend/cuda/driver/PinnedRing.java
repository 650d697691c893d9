// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static dev.highbeam.runtime.api.Checks.checkArgument;
import static dev.highbeam.runtime.api.Checks.checkState;

import java.util.ArrayList;
import java.util.List;

/**
 * Pinned buffers used in turn, each only when the device is done with its last use: with two, the
 * host fills one while the other is copied. Used by one thread.
 */
public final class PinnedRing implements AutoCloseable {

  private final List<PinnedMemory> buffers = new ArrayList<>();
  private final List<CudaEvent> lastUses = new ArrayList<>();
  private int current;
  private boolean taken;

  /** So many buffers of so many bytes. */
  public PinnedRing(CudaContext context, int count, long bytes, String label) {
    checkArgument(count > 0, "a ring needs at least one buffer, was %s", count);
    boolean complete = false;
    try {
      for (int i = 0; i < count; i++) {
        buffers.add(context.allocatePinned(bytes, label + " " + i, false));
        lastUses.add(context.event());
      }
      complete = true;
    } finally {
      if (!complete) {
        close();
      }
    }
    current = count - 1;
  }

  /** The next buffer, once the device is done with it. */
  public PinnedMemory next() {
    checkState(!taken, "the buffer handed out last was not given to a stream");
    int next = (current + 1) % buffers.size();
    lastUses.get(next).synchronize();
    current = next;
    taken = true;
    return buffers.get(next);
  }

  /** The current buffer is in use until the stream has done what it was given so far. */
  public void usedBy(CudaStream stream) {
    checkState(taken, "no buffer was handed out");
    stream.record(lastUses.get(current));
    taken = false;
  }

  /** Frees the buffers; the streams that use them must have finished. */
  @Override
  public void close() {
    lastUses.forEach(CudaEvent::close);
    buffers.forEach(PinnedMemory::close);
  }
}
