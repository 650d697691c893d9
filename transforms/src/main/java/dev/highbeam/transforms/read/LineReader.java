// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Cuts a stream into lines at line feeds and knows where each began. Of a line longer than the
 * limit it keeps only the beginning and streams over the rest. Used by one thread.
 */
final class LineReader implements AutoCloseable {

  private static final int CHUNK_BYTES = 1 << 16;

  private final InputStream in;
  private final int maxLineBytes;
  private final byte[] chunk = new byte[CHUNK_BYTES];
  private int chunkPosition;
  private int chunkLength;

  private byte[] line = new byte[1024];
  private int lineLength;
  private long fullLength;
  private long offset;

  /** Reads from a stream whose first byte has this offset in the file. */
  LineReader(InputStream in, long offset, int maxLineBytes) {
    this.in = in;
    this.offset = offset;
    this.maxLineBytes = maxLineBytes;
  }

  /** Offset of the first byte that no line has given yet. */
  long offset() {
    return offset;
  }

  /** Takes the next line; false at the end. A line feed at the very end begins no line. */
  boolean next() throws IOException {
    lineLength = 0;
    fullLength = 0;
    boolean any = false;
    while (chunkPosition < chunkLength || fill()) {
      any = true;
      int end = chunkPosition;
      while (end < chunkLength && chunk[end] != '\n') {
        end++;
      }
      append(chunkPosition, end - chunkPosition);
      boolean complete = end < chunkLength;
      offset += end - chunkPosition + (complete ? 1 : 0);
      chunkPosition = end + (complete ? 1 : 0);
      if (complete) {
        return true;
      }
    }
    return any;
  }

  /** Whether the line was longer than the limit. */
  boolean isTooLong() {
    return fullLength > maxLineBytes;
  }

  /** Bytes of the line, of which a too long one keeps only the first. */
  long fullLength() {
    return fullLength;
  }

  /** The kept bytes; valid until the next line, the first {@link #length} count. */
  byte[] bytes() {
    return line;
  }

  /** How many bytes are kept. */
  int length() {
    return lineLength;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private boolean fill() throws IOException {
    chunkPosition = 0;
    chunkLength = Math.max(0, in.read(chunk, 0, chunk.length));
    return chunkLength > 0;
  }

  private void append(int from, int count) {
    fullLength += count;
    int kept = Math.min(count, maxLineBytes - lineLength);
    if (lineLength + kept > line.length) {
      int grown = Math.max(lineLength + kept, Math.min(maxLineBytes, line.length * 2));
      line = Arrays.copyOf(line, grown);
    }
    System.arraycopy(chunk, from, line, lineLength, kept);
    lineLength += kept;
  }
}
