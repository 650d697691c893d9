// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file that is written from its beginning to its end, numbers with the lowest byte first. */
final class LittleEndianFile implements AutoCloseable {

  private static final int BUFFER_BYTES = 8 << 20;

  private final FileChannel channel;
  private final ByteBuffer buffer =
      ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  LittleEndianFile(Path path) throws IOException {
    channel =
        FileChannel.open(
            path,
            StandardOpenOption.WRITE,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING);
  }

  /** The buffer with room for so many bytes, which the caller may put. */
  ByteBuffer room(int bytes) throws IOException {
    if (buffer.remaining() < bytes) {
      flush();
    }
    return buffer;
  }

  void putInt(int value) throws IOException {
    room(Integer.BYTES).putInt(value);
  }

  void putLong(long value) throws IOException {
    room(Long.BYTES).putLong(value);
  }

  void putFloat(float value) throws IOException {
    room(Float.BYTES).putFloat(value);
  }

  void putBytes(byte[] bytes) throws IOException {
    room(bytes.length).put(bytes);
  }

  /** A length in 8 bytes, then the text in UTF-8. */
  void putText(String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    putLong(bytes.length);
    putBytes(bytes);
  }

  /** Zeros up to a multiple of the alignment. */
  void align(int alignment) throws IOException {
    while (position() % alignment != 0) {
      room(1).put((byte) 0);
    }
  }

  long position() throws IOException {
    return channel.position() + buffer.position();
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      flush();
    }
  }

  private void flush() throws IOException {
    buffer.flip();
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    buffer.clear();
  }
}
