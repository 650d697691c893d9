// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector half of {@link PortableMath}: the same operations in the same order, so the same bits.
 * Also the one place that knows the vector width. Loaded only where the Vector API is present.
 */
final class SimdMath {

  /** Overrides the width in bits (128, 256 or 512), to compare widths on one machine. */
  static final String WIDTH_PROPERTY = "highbeam.cpu.vectorBits";

  static final VectorSpecies<Float> FLOATS = floats();

  static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);

  /** Floats per vector: 4, 8 or 16. */
  static final int WIDTH = FLOATS.length();

  private SimdMath() {}

  private static VectorSpecies<Float> floats() {
    int bits = Integer.getInteger(WIDTH_PROPERTY, FloatVector.SPECIES_PREFERRED.vectorBitSize());
    if (bits >= 512) {
      return FloatVector.SPECIES_512;
    }
    return bits >= 256 ? FloatVector.SPECIES_256 : FloatVector.SPECIES_128;
  }

  /** e^x for x at most 0. */
  static FloatVector exp(FloatVector x) {
    FloatVector one = FloatVector.broadcast(FLOATS, 1f);
    FloatVector shifted =
        x.fma(
            FloatVector.broadcast(FLOATS, PortableMath.LOG2_E),
            FloatVector.broadcast(FLOATS, PortableMath.ROUNDER));
    FloatVector n = shifted.sub(PortableMath.ROUNDER);
    FloatVector r = n.fma(FloatVector.broadcast(FLOATS, -PortableMath.LN2_HIGH), x);
    r = n.fma(FloatVector.broadcast(FLOATS, -PortableMath.LN2_LOW), r);
    FloatVector p =
        FloatVector.broadcast(FLOATS, PortableMath.P0)
            .fma(r, FloatVector.broadcast(FLOATS, PortableMath.P1));
    p = p.fma(r, FloatVector.broadcast(FLOATS, PortableMath.P2));
    p = p.fma(r, FloatVector.broadcast(FLOATS, PortableMath.P3));
    p = p.fma(r, FloatVector.broadcast(FLOATS, PortableMath.P4));
    p = p.fma(r, FloatVector.broadcast(FLOATS, PortableMath.P5));
    FloatVector y = p.fma(r.mul(r), r).add(one);
    IntVector exponent = shifted.reinterpretAsInts().sub(PortableMath.ROUNDER_BITS).add(127);
    FloatVector result = y.mul(exponent.lanewise(LSHL, 23).reinterpretAsFloats());
    return result.blend(0f, x.compare(LT, PortableMath.LOWEST));
  }

  /** x / (1 + e^-v). */
  static FloatVector timesSigmoid(FloatVector x, FloatVector v) {
    FloatVector e = exp(v.abs().neg());
    FloatVector numerator = x.mul(e).blend(x, v.compare(GE, 0f));
    return numerator.div(e.add(1f));
  }

  static FloatVector silu(FloatVector x) {
    return timesSigmoid(x, x);
  }

  static FloatVector geluTanh(FloatVector x) {
    FloatVector cubic = x.mul(x).mul(PortableMath.GELU_CUBIC);
    return timesSigmoid(x, cubic.fma(x, x).mul(PortableMath.GELU_SCALE));
  }

  /** cap * tanh(x / cap). */
  static FloatVector softCap(FloatVector x, float cap) {
    FloatVector u = x.div(cap);
    FloatVector e = exp(u.abs().mul(-2f));
    FloatVector one = FloatVector.broadcast(FLOATS, 1f);
    FloatVector magnitude = one.sub(e).div(one.add(e)).mul(cap);
    return magnitude.blend(magnitude.neg(), u.compare(LT, 0f));
  }
}
