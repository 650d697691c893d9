// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * A decompressed stream that stops with an error once it has grown far beyond its compressed bytes,
 * so that a small file cannot occupy a worker for hours.
 */
final class ExpansionGuard extends FilterInputStream {

  static final int MAX_RATIO = 200;

  /** Below this, equal prompts over and over are more likely than an attack. */
  static final long FREE_BYTES = 64L << 20;

  private static final int BUFFER_BYTES = 1 << 16;

  private final Counter compressed;
  private long bytes;

  private ExpansionGuard(InputStream decompressed, Counter compressed) {
    super(decompressed);
    this.compressed = compressed;
  }

  /** The rows' bytes of a text file, decompressed as its format says. */
  static InputStream open(Path file, InputFormat format) throws IOException {
    InputStream raw = Files.newInputStream(file);
    try {
      Counter counter = new Counter(raw);
      return switch (format) {
        case JSONL_GZIP -> new ExpansionGuard(new GZIPInputStream(counter, BUFFER_BYTES), counter);
        case JSONL_ZSTD -> new ExpansionGuard(new ZstdInputStreamNoFinalizer(counter), counter);
        case JSONL, PARQUET -> raw;
      };
    } catch (IOException | RuntimeException e) {
      raw.close();
      throw e;
    }
  }

  @Override
  public int read() throws IOException {
    int value = super.read();
    grow(value < 0 ? 0 : 1);
    return value;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int count = super.read(target, offset, length);
    grow(Math.max(0, count));
    return count;
  }

  private void grow(int count) throws IOException {
    bytes += count;
    if (bytes > FREE_BYTES && bytes / MAX_RATIO > compressed.bytes) {
      throw new IOException(
          "the compressed file expands more than " + MAX_RATIO + " times: refused");
    }
  }

  private static final class Counter extends FilterInputStream {
    private long bytes;

    Counter(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      bytes += value < 0 ? 0 : 1;
      return value;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int count = super.read(target, offset, length);
      bytes += Math.max(0, count);
      return count;
    }
  }
}
