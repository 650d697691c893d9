// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.WeightSource;
import dev.highbeam.runtime.json.MalformedFileException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * One safetensors file: an 8-byte little-endian header length, a JSON header, the tensors' bytes.
 * The header is checked whole when the file is opened; the data is mapped and read where it lies.
 * Immutable and safe for many threads. A file must not shrink while it is open: the system answers
 * reads behind a mapped file's new end with a fault.
 */
final class SafetensorsFile {

  private static final long MAX_HEADER_BYTES = 100_000_000;
  private static final int LENGTH_BYTES = 8;

  private final Path path;
  private final Map<String, TensorEntry> entries;
  private final MappedFile file;
  private final long dataOffset;

  private SafetensorsFile(
      Path path, Map<String, TensorEntry> entries, MappedFile file, long dataOffset) {
    this.path = path;
    this.entries = entries;
    this.file = file;
    this.dataOffset = dataOffset;
  }

  /**
   * Opens and checks a file.
   *
   * @throws EngineException configuration if it is not a sound safetensors file
   */
  static SafetensorsFile open(Path path) {
    return open(path, MappedFile.STRIDE);
  }

  /** As {@link #open(Path)}, with mappings of another size: for tests of their borders. */
  static SafetensorsFile open(Path path, int stride) {
    FileProblems.requireRegular(path);
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      byte[] header = readHeader(path, channel, size);
      long dataOffset = LENGTH_BYTES + (long) header.length;
      Map<String, TensorEntry> entries = new HashMap<>();
      for (TensorEntry entry :
          SafetensorsHeader.parse(path.toString(), header, size - dataOffset)) {
        entries.put(entry.name(), entry);
      }
      return new SafetensorsFile(path, entries, MappedFile.map(channel, size, stride), dataOffset);
    } catch (IOException e) {
      throw FileProblems.asEngineException(path, e);
    }
  }

  /** Names of all tensors, those of unreadable types included. */
  Set<String> names() {
    return Collections.unmodifiableSet(entries.keySet());
  }

  boolean has(String name) {
    return entries.containsKey(name);
  }

  /**
   * A tensor that {@link #has} knows.
   *
   * @throws EngineException configuration if its type is none that weights may have
   */
  WeightSource tensor(String name) {
    TensorEntry entry = entries.get(name);
    if (entry == null) {
      throw EngineException.configuration(path + " has no tensor " + FileProblems.quoted(name));
    }
    if (entry.shape().length == 0) {
      throw EngineException.configuration(
          path + ": tensor " + FileProblems.quoted(name) + " has no dimension");
    }
    DType dtype =
        switch (entry.dtype()) {
          case "F32" -> DType.F32;
          case "BF16" -> DType.BF16;
          case "F16" -> DType.F16;
          default ->
              throw EngineException.configuration(
                  path
                      + ": tensor "
                      + FileProblems.quoted(name)
                      + " is of type "
                      + FileProblems.quoted(entry.dtype())
                      + "; weights must be F32, BF16 or F16");
        };
    return new MappedTensor(entry, dtype, file, dataOffset);
  }

  private static byte[] readHeader(Path path, FileChannel channel, long size) throws IOException {
    if (size < LENGTH_BYTES) {
      throw new MalformedFileException(
          path.toString(), "has " + size + " bytes, too few for a safetensors file");
    }
    long length = readFully(channel, LENGTH_BYTES, 0).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    if (length < 0 || length > MAX_HEADER_BYTES) {
      throw new MalformedFileException(
          path.toString(),
          "the header's length must be at most "
              + MAX_HEADER_BYTES
              + " bytes, was "
              + Long.toUnsignedString(length));
    }
    if (length > size - LENGTH_BYTES) {
      throw new MalformedFileException(
          path.toString(),
          "the header of " + length + " bytes is longer than the file of " + size + " bytes");
    }
    return readFully(channel, (int) length, LENGTH_BYTES).array();
  }

  private static ByteBuffer readFully(FileChannel channel, int count, long offset)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, offset + buffer.position()) < 0) {
        throw new EOFException("the file became shorter while it was read");
      }
    }
    return buffer;
  }
}
