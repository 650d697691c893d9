// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.HalfFloats;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The element types of kernels, by type code, with conversions that share nothing with the kernels'
 * own: fp8 is searched among all its values.
 */
enum ElementType {
  F32(4),
  BF16(2),
  F16(2),
  FP8(1);

  private static final float[] FP8_VALUES = fp8Values();

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  int code() {
    return ordinal();
  }

  int bytes() {
    return bytes;
  }

  /** The value nearest to an f32, ties to even; fp8 saturates. */
  float round(float value) {
    return switch (this) {
      case F32 -> value;
      case BF16 -> HalfFloats.roundToBf16(value);
      case F16 -> HalfFloats.f16ToFloat(HalfFloats.floatToF16(value));
      case FP8 -> Float.isNaN(value) ? value : fp8(fp8Bits(value));
    };
  }

  /** Device memory that holds the values in this type. */
  DeviceMemory upload(KernelBench bench, float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(this.bytes * values.length).order(ByteOrder.nativeOrder());
    for (float value : values) {
      switch (this) {
        case F32 -> bytes.putFloat(value);
        case BF16 -> bytes.putShort(HalfFloats.floatToBf16(value));
        case F16 -> bytes.putShort(HalfFloats.floatToF16(value));
        case FP8 -> bytes.put((byte) fp8Bits(value));
      }
    }
    return bench.bytes(bytes.flip());
  }

  /** All elements of a device memory. */
  float[] read(KernelBench bench, DeviceMemory memory) {
    ByteBuffer bytes = bench.read(memory);
    float[] values = new float[bytes.remaining() / this.bytes];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (this) {
            case F32 -> bytes.getFloat();
            case BF16 -> HalfFloats.bf16ToFloat(bytes.getShort());
            case F16 -> HalfFloats.f16ToFloat(bytes.getShort());
            case FP8 -> fp8(bytes.get() & 0xff);
          };
    }
    return values;
  }

  /** The value of an e4m3 bit pattern: sign, 4 bits of exponent (bias 7), 3 of fraction. */
  static float fp8(int bits) {
    float value = (bits & 0x7f) == 0x7f ? Float.NaN : FP8_VALUES[bits & 0x7f];
    return bits >= 0x80 ? -value : value;
  }

  private static float[] fp8Values() {
    float[] values = new float[0x7f];
    for (int bits = 0; bits < values.length; bits++) {
      int exponent = bits >> 3;
      int fraction = bits & 7;
      values[bits] =
          (float)
              (exponent == 0
                  ? fraction / 8.0 * Math.pow(2, -6)
                  : (1 + fraction / 8.0) * Math.pow(2, exponent - 7));
    }
    return values;
  }

  private static int fp8Bits(float value) {
    int sign = Float.floatToRawIntBits(value) >>> 31 << 7;
    if (Float.isNaN(value)) {
      return sign | 0x7f;
    }
    float magnitude = Math.min(Math.abs(value), 448);
    int found = Arrays.binarySearch(FP8_VALUES, magnitude);
    if (found >= 0) {
      return sign | found;
    }
    int above = -found - 1;
    double twice = 2.0 * magnitude - FP8_VALUES[above] - FP8_VALUES[above - 1];
    // Of two equally near ones the even.
    int best = twice > 0 || (twice == 0 && above % 2 == 0) ? above : above - 1;
    return sign | best;
  }
}
