// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import java.nio.ByteBuffer;

/**
 * Copies ordinary host memory, such as a mapped weight file, to the device through two pinned
 * buffers: while one travels, the next is filled. Used by one thread.
 */
public final class Uploader implements AutoCloseable {

  private final CudaStream stream;
  private final PinnedRing ring;

  /** Copies in pieces of at most so many bytes, in order with the stream's other work. */
  public Uploader(CudaContext context, CudaStream stream, long pieceBytes) {
    this.stream = stream;
    this.ring = new PinnedRing(context, 2, pieceBytes, "upload");
  }

  /**
   * Copies the rest of the source to the start of the target. The source may be changed when this
   * returns; the target is complete when the stream comes to what follows.
   */
  public void upload(DevicePointer target, ByteBuffer source) {
    target.checkHolds(source.remaining(), "the target of an upload");
    ByteBuffer rest = source.duplicate();
    long done = 0;
    while (rest.hasRemaining()) {
      PinnedMemory piece = ring.next();
      int bytes = (int) Math.min(piece.bytes(), rest.remaining());
      piece.buffer().put(rest.slice(rest.position(), bytes));
      rest.position(rest.position() + bytes);
      stream.copyToDevice(target.slice(done, bytes), piece, bytes);
      ring.usedBy(stream);
      done += bytes;
    }
  }

  /** Waits for the copies and frees the buffers. */
  @Override
  public void close() {
    stream.synchronize();
    ring.close();
  }
}
