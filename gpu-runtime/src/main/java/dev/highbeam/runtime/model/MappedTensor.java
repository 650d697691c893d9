// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.HalfFloats;
import dev.highbeam.runtime.backend.WeightSource;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;

/**
 * A tensor in a mapped file. Immutable: every read makes its own view, so that threads never share
 * a position.
 */
final class MappedTensor implements WeightSource {

  /** Elements converted at a time: the raw ones stay in the first-level cache. */
  private static final int BLOCK = 8192;

  private final String name;
  private final DType dtype;
  private final long[] shape;
  private final long elementCount;
  private final MappedFile file;
  private final long fileOffset;

  MappedTensor(TensorEntry entry, DType dtype, MappedFile file, long dataOffset) {
    this.name = entry.name();
    this.dtype = dtype;
    this.shape = entry.shape();
    this.elementCount = (entry.end() - entry.begin()) / dtype.bytes();
    this.file = file;
    this.fileOffset = dataOffset + entry.begin();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DType dtype() {
    return dtype;
  }

  @Override
  public long[] shape() {
    return shape.clone();
  }

  @Override
  public long elementCount() {
    return elementCount;
  }

  @Override
  public void read(long offset, float[] target, int targetOffset, int count) {
    Objects.checkFromIndexSize(offset, (long) count, elementCount);
    Objects.checkFromIndexSize(targetOffset, count, target.length);
    int blockSize = Math.min(BLOCK, file.maxSliceBytes() / dtype.bytes());
    short[] raw = new short[dtype == DType.F32 ? 0 : Math.min(count, blockSize)];
    for (int done = 0; done < count; ) {
      int block = Math.min(blockSize, count - done);
      ByteBuffer bytes = bytes(offset + done, block);
      switch (dtype) {
        case F32 -> bytes.asFloatBuffer().get(target, targetOffset + done, block);
        case BF16 -> {
          bytes.asShortBuffer().get(raw, 0, block);
          for (int i = 0; i < block; i++) {
            target[targetOffset + done + i] = HalfFloats.bf16ToFloat(raw[i]);
          }
        }
        case F16 -> {
          bytes.asShortBuffer().get(raw, 0, block);
          for (int i = 0; i < block; i++) {
            target[targetOffset + done + i] = HalfFloats.f16ToFloat(raw[i]);
          }
        }
        case FP8_E4M3 -> throw new IllegalStateException(name + " cannot be fp8");
      }
      done += block;
    }
  }

  @Override
  public ByteBuffer bytes(long offset, int count) {
    Objects.checkFromIndexSize(offset, (long) count, elementCount);
    long length = (long) count * dtype.bytes();
    Checks.checkArgument(
        length <= file.maxSliceBytes(),
        "at most %s bytes can be had at once, %s were asked for",
        file.maxSliceBytes(),
        length);
    return file.slice(fileOffset + offset * dtype.bytes(), (int) length);
  }

  @Override
  public String toString() {
    return name + " " + dtype + " " + Arrays.toString(shape);
  }
}
