// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a GGUF file, version 3 (ggml's docs/gguf.md): first what is in it, then the tensors' data
 * in the order in which they were announced, each at a multiple of 32 bytes. Metadata is small and
 * gathered in memory; data is streamed. Calls come in the order metadata, tensors, {@link #begin},
 * data.
 */
final class GgufWriter {

  private static final int MAGIC = 0x46554747; // "GGUF"
  private static final int VERSION = 3;
  private static final int ALIGNMENT = 32;

  private static final int UINT32 = 4;
  private static final int INT32 = 5;
  private static final int FLOAT32 = 6;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  /** Types of tensors with GGML's numbers. */
  enum Type {
    F32(0, 1, 4),
    Q8_0(8, Quantizer.BLOCK, Quantizer.BLOCK_BYTES),
    BF16(30, 1, 2);

    private final int number;
    private final int block;
    private final int blockBytes;

    Type(int number, int block, int blockBytes) {
      this.number = number;
      this.block = block;
      this.blockBytes = blockBytes;
    }

    long bytes(long values) {
      return values / block * blockBytes;
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // Written once and never compared.
  private record Announced(String name, long[] shape, Type type, long offset) {}

  private final LittleEndianFile file;
  private final ByteArrayOutputStream metadata = new ByteArrayOutputStream();
  private final List<Announced> tensors = new ArrayList<>();
  private int metadataCount;
  private long dataBytes;

  GgufWriter(LittleEndianFile file) {
    this.file = file;
  }

  GgufWriter text(String key, String value) {
    key(key, STRING);
    put(value);
    return this;
  }

  GgufWriter unsigned(String key, int value) {
    key(key, UINT32);
    put(value);
    return this;
  }

  GgufWriter real(String key, double value) {
    key(key, FLOAT32);
    put(Float.floatToRawIntBits((float) value));
    return this;
  }

  GgufWriter flag(String key, boolean value) {
    key(key, BOOL);
    metadata.write(value ? 1 : 0);
    return this;
  }

  GgufWriter texts(String key, List<String> values) {
    key(key, ARRAY);
    put(STRING);
    put((long) values.size());
    values.forEach(this::put);
    return this;
  }

  GgufWriter integers(String key, int[] values) {
    key(key, ARRAY);
    put(INT32);
    put((long) values.length);
    for (int value : values) {
      put(value);
    }
    return this;
  }

  /**
   * Announces a tensor.
   *
   * @param shape values of a row first, then rows
   */
  void announce(String name, Type type, long... shape) {
    long values = 1;
    for (long size : shape) {
      values *= size;
    }
    tensors.add(new Announced(name, shape.clone(), type, dataBytes));
    dataBytes = aligned(dataBytes + type.bytes(values));
  }

  /** Writes everything that comes before the data. */
  void begin() throws IOException {
    file.putInt(MAGIC);
    file.putInt(VERSION);
    file.putLong(tensors.size());
    file.putLong(metadataCount);
    file.putBytes(metadata.toByteArray());
    for (Announced tensor : tensors) {
      file.putText(tensor.name());
      file.putInt(tensor.shape().length);
      for (long size : tensor.shape()) {
        file.putLong(size);
      }
      file.putInt(tensor.type().number);
      file.putLong(tensor.offset());
    }
    file.align(ALIGNMENT);
  }

  /** Ends a tensor's data. */
  void endTensor() throws IOException {
    file.align(ALIGNMENT);
  }

  private void key(String key, int type) {
    put(key);
    put(type);
    metadataCount++;
  }

  private void put(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    put((long) bytes.length);
    metadata.writeBytes(bytes);
  }

  private void put(int value) {
    metadata.writeBytes(
        ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
  }

  private void put(long value) {
    metadata.writeBytes(
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
