// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.Objects;

/**
 * A file of any size mapped read-only. One mapping holds less than 2 GB, so there is one per
 * stride, each reaching nearly two strides far: whatever begins in a stride and is not longer than
 * one lies in a single mapping. Overlapping costs address space, not memory. Safe for many threads;
 * the system unmaps when nobody refers to it any more.
 */
final class MappedFile {

  static final int STRIDE = 1 << 30;

  private final ByteBuffer[] windows;
  private final int stride;
  private final long size;

  private MappedFile(ByteBuffer[] windows, int stride, long size) {
    this.windows = windows;
    this.stride = stride;
    this.size = size;
  }

  /** Maps the first size bytes; the channel may be closed afterwards. */
  static MappedFile map(FileChannel channel, long size, int stride) throws IOException {
    int count = Math.toIntExact((size + stride - 1) / stride);
    long reach = 2L * stride - 1;
    ByteBuffer[] windows = new ByteBuffer[count];
    for (int i = 0; i < count; i++) {
      long begin = (long) i * stride;
      long length = Math.min(reach, size - begin);
      windows[i] = channel.map(FileChannel.MapMode.READ_ONLY, begin, length);
    }
    return new MappedFile(windows, stride, size);
  }

  /** The longest slice that can be had from any offset. */
  int maxSliceBytes() {
    return stride;
  }

  /** A little-endian view of at most {@link #maxSliceBytes} bytes. */
  ByteBuffer slice(long offset, int length) {
    Objects.checkFromIndexSize(offset, (long) length, size);
    if (length == 0) {
      return ByteBuffer.allocate(0).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }
    Objects.checkIndex(length - 1, stride);
    ByteBuffer window = windows[(int) (offset / stride)];
    return window.slice((int) (offset % stride), length).order(ByteOrder.LITTLE_ENDIAN);
  }
}
