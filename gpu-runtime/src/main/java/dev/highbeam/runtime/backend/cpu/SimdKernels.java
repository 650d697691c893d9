// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.OR;
import static jdk.incubator.vector.VectorOperators.S2I;

import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.HalfFloats;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/** The kernels over the Vector API, at whatever width the machine prefers up to 512 bits. */
final class SimdKernels implements Kernels {

  private static final VectorSpecies<Float> FLOATS = SimdMath.FLOATS;
  private static final VectorSpecies<Integer> INTS = SimdMath.INTS;
  private static final int WIDTH = SimdMath.WIDTH;

  /** As many shorts as there are floats in a vector. */
  private static final VectorSpecies<Short> SHORTS = shorts();

  private static VectorSpecies<Short> shorts() {
    if (WIDTH == 16) {
      return ShortVector.SPECIES_256;
    }
    return WIDTH == 8 ? ShortVector.SPECIES_128 : ShortVector.SPECIES_64;
  }

  @Override
  public String describe() {
    return "Vector API, " + FLOATS.vectorBitSize() + " bit";
  }

  @Override
  public void multiply(Product product) {
    SimdProducts.multiply(product);
  }

  @Override
  public void multiplyBf16(Product product) {
    SimdBf16Products.multiply(product);
  }

  @Override
  public float sumOfSquares(float[] x, int offset, int count, float[] lanes) {
    int whole = count - count % LANES;
    for (int lane = 0; lane < LANES; lane += WIDTH) {
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int i = lane; i < whole; i += LANES) {
        FloatVector value = FloatVector.fromArray(FLOATS, x, offset + i);
        sum = value.fma(value, sum);
      }
      sum.intoArray(lanes, lane);
    }
    for (int i = whole; i < count; i++) {
      float value = x[offset + i];
      lanes[i - whole] = Math.fma(value, value, lanes[i - whole]);
    }
    return Kernels.tree(lanes);
  }

  @Override
  public void gate(float[] sums, int rows, Epilogue epilogue) {
    if (epilogue == Epilogue.GATED_SILU) {
      for (int i = 0; i < rows * Product.COLUMNS; i = next(i)) {
        FloatVector up = FloatVector.fromArray(FLOATS, sums, i + Product.HALF);
        SimdMath.silu(FloatVector.fromArray(FLOATS, sums, i)).mul(up).intoArray(sums, i);
      }
    } else {
      for (int i = 0; i < rows * Product.COLUMNS; i = next(i)) {
        FloatVector up = FloatVector.fromArray(FLOATS, sums, i + Product.HALF);
        SimdMath.geluTanh(FloatVector.fromArray(FLOATS, sums, i)).mul(up).intoArray(sums, i);
      }
    }
  }

  /** The next vector in the first half of a row of 32, or the first one of the next row. */
  private static int next(int i) {
    int following = i + WIDTH;
    return following % Product.COLUMNS == Product.HALF ? following + Product.HALF : following;
  }

  @Override
  public void roundToBf16(float[] x, int offset, int count) {
    int whole = count - count % WIDTH;
    for (int i = offset; i < offset + whole; i += WIDTH) {
      IntVector bits = FloatVector.fromArray(FLOATS, x, i).reinterpretAsInts();
      IntVector odd = bits.lanewise(LSHR, 16).lanewise(AND, 1);
      IntVector rounded = bits.add(odd).add(0x7fff).lanewise(AND, 0xffff0000);
      VectorMask<Integer> isNan = bits.lanewise(AND, 0x7fffffff).compare(GT, 0x7f800000);
      IntVector quiet = bits.lanewise(AND, 0xffff0000).lanewise(OR, 0x400000);
      rounded.blend(quiet, isNan).reinterpretAsFloats().intoArray(x, i);
    }
    for (int i = offset + whole; i < offset + count; i++) {
      x[i] = HalfFloats.roundToBf16(x[i]);
    }
  }

  @Override
  public void widen(short[] source, float[] target, Strips s) {
    if (s.length == WIDTH) {
      // Keys of one page, the usual case: one loop over strips instead of one per strip.
      for (int strip = 0; strip < s.stripCount; strip++) {
        widen(source, s.sourceOffset + strip * s.sourceStride)
            .intoArray(target, s.targetOffset + strip * s.targetStride);
      }
      return;
    }
    int whole = s.length - s.length % WIDTH;
    for (int strip = 0; strip < s.stripCount; strip++) {
      int from = s.sourceOffset + strip * s.sourceStride;
      int to = s.targetOffset + strip * s.targetStride;
      for (int i = 0; i < whole; i += WIDTH) {
        widen(source, from + i).intoArray(target, to + i);
      }
      for (int i = whole; i < s.length; i++) {
        target[to + i] = HalfFloats.bf16ToFloat(source[from + i]);
      }
    }
  }

  private static FloatVector widen(short[] source, int from) {
    ShortVector halves = ShortVector.fromArray(SHORTS, source, from);
    IntVector bits = (IntVector) halves.convertShape(S2I, INTS, 0);
    return bits.lanewise(LSHL, 16).reinterpretAsFloats();
  }

  @Override
  public void copy(float[] source, float[] target, Strips s) {
    if (s.length != WIDTH) {
      s.copy(source, target);
      return;
    }
    for (int strip = 0; strip < s.stripCount; strip++) {
      FloatVector.fromArray(FLOATS, source, s.sourceOffset + strip * s.sourceStride)
          .intoArray(target, s.targetOffset + strip * s.targetStride);
    }
  }

  @Override
  public void softCap(float[] x, int offset, int count, float cap) {
    for (int i = offset; i < offset + count; i += WIDTH) {
      SimdMath.softCap(FloatVector.fromArray(FLOATS, x, i), cap).intoArray(x, i);
    }
  }

  @Override
  public float max(float[] x, int offset, int count) {
    FloatVector greatest = FloatVector.fromArray(FLOATS, x, offset);
    for (int i = offset + WIDTH; i < offset + count; i += WIDTH) {
      greatest = greatest.max(FloatVector.fromArray(FLOATS, x, i));
    }
    float result = greatest.lane(0);
    for (int lane = 1; lane < WIDTH; lane++) {
      result = Math.max(result, greatest.lane(lane));
    }
    return result;
  }

  @Override
  public float exponentials(float[] x, int offset, int count, float max, float[] lanes) {
    for (int lane = 0; lane < LANES; lane += WIDTH) {
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int i = offset + lane; i < offset + count; i += LANES) {
        FloatVector value = SimdMath.exp(FloatVector.fromArray(FLOATS, x, i).sub(max));
        value.intoArray(x, i);
        sum = sum.add(value);
      }
      sum.intoArray(lanes, lane);
    }
    return Kernels.tree(lanes);
  }
}
