// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.HalfFloats;
import java.util.Arrays;

/**
 * Plain loops, for a JVM that was started without the Vector API. The compiler turns the inner ones
 * into vectors where it can; without hardware for fused multiply-add they are right and very slow.
 */
final class PlainKernels implements Kernels {

  private static final int UNROLL = 8;

  @Override
  public String describe() {
    return "plain loops";
  }

  @Override
  public void multiply(Product p) {
    for (int r = 0; r < p.rows; r++) {
      multiplyRow(p, r, 0, p.depth, p.weights, p.weightOffset, p.weightStride);
    }
  }

  @Override
  public void multiplyBf16(Product p) {
    float[] widened = p.widened;
    for (int start = 0; start < p.depth; start += Product.WIDENED_DEPTH) {
      int depth = Math.min(Product.WIDENED_DEPTH, p.depth - start);
      for (int k = 0; k < depth; k++) {
        int from = p.weightOffset + (start + k) * p.weightStride;
        int to = k * Product.COLUMNS;
        for (int n = 0; n < Product.HALF; n++) {
          int word = p.words[from + n];
          widened[to + n] = Float.intBitsToFloat(word << 16);
          widened[to + Product.HALF + n] = Float.intBitsToFloat(word & 0xffff0000);
        }
      }
      for (int r = 0; r < p.rows; r++) {
        multiplyRow(p, r, start, depth, widened, 0, Product.COLUMNS);
      }
    }
  }

  private static void multiplyRow(
      Product p, int row, int start, int depth, float[] weights, int offset, int stride) {
    int xFrom = p.xOffset + row * p.xStride + start;
    int to = p.sumOffset + row * p.sumStride;
    int k = 0;
    for (; k + UNROLL <= depth; k += UNROLL) {
      multiplyEight(p.x, xFrom + k, weights, offset + k * stride, stride, p.sums, to);
    }
    for (; k < depth; k++) {
      float factor = p.x[xFrom + k];
      int from = offset + k * stride;
      for (int n = 0; n < Product.COLUMNS; n++) {
        p.sums[to + n] = Math.fma(factor, weights[from + n], p.sums[to + n]);
      }
    }
  }

  /** Eight links of each chain at once, so that sums are loaded and stored once for all of them. */
  private static void multiplyEight(
      float[] x, int from, float[] weights, int offset, int stride, float[] sums, int to) {
    float x0 = x[from];
    float x1 = x[from + 1];
    float x2 = x[from + 2];
    float x3 = x[from + 3];
    float x4 = x[from + 4];
    float x5 = x[from + 5];
    float x6 = x[from + 6];
    float x7 = x[from + 7];
    for (int n = 0; n < Product.COLUMNS; n++) {
      int w = offset + n;
      float sum = Math.fma(x0, weights[w], sums[to + n]);
      sum = Math.fma(x1, weights[w + stride], sum);
      sum = Math.fma(x2, weights[w + 2 * stride], sum);
      sum = Math.fma(x3, weights[w + 3 * stride], sum);
      sum = Math.fma(x4, weights[w + 4 * stride], sum);
      sum = Math.fma(x5, weights[w + 5 * stride], sum);
      sum = Math.fma(x6, weights[w + 6 * stride], sum);
      sums[to + n] = Math.fma(x7, weights[w + 7 * stride], sum);
    }
  }

  @Override
  public float sumOfSquares(float[] x, int offset, int count, float[] lanes) {
    Arrays.fill(lanes, 0f);
    for (int i = 0; i < count; i++) {
      float value = x[offset + i];
      int lane = i % LANES;
      lanes[lane] = Math.fma(value, value, lanes[lane]);
    }
    return Kernels.tree(lanes);
  }

  @Override
  public void gate(float[] sums, int rows, Epilogue epilogue) {
    boolean isSilu = epilogue == Epilogue.GATED_SILU;
    for (int r = 0; r < rows; r++) {
      int row = r * Product.COLUMNS;
      for (int i = row; i < row + Product.HALF; i++) {
        float gate = isSilu ? PortableMath.silu(sums[i]) : PortableMath.geluTanh(sums[i]);
        sums[i] = gate * sums[i + Product.HALF];
      }
    }
  }

  @Override
  public void roundToBf16(float[] x, int offset, int count) {
    for (int i = offset; i < offset + count; i++) {
      x[i] = HalfFloats.roundToBf16(x[i]);
    }
  }

  @Override
  public void widen(short[] source, float[] target, Strips s) {
    for (int strip = 0; strip < s.stripCount; strip++) {
      int from = s.sourceOffset + strip * s.sourceStride;
      int to = s.targetOffset + strip * s.targetStride;
      for (int i = 0; i < s.length; i++) {
        target[to + i] = HalfFloats.bf16ToFloat(source[from + i]);
      }
    }
  }

  @Override
  public void copy(float[] source, float[] target, Strips strips) {
    strips.copy(source, target);
  }

  @Override
  public void softCap(float[] x, int offset, int count, float cap) {
    for (int i = offset; i < offset + count; i++) {
      x[i] = PortableMath.softCap(x[i], cap);
    }
  }

  @Override
  public float max(float[] x, int offset, int count) {
    float greatest = x[offset];
    for (int i = offset + 1; i < offset + count; i++) {
      greatest = Math.max(greatest, x[i]);
    }
    return greatest;
  }

  @Override
  public float exponentials(float[] x, int offset, int count, float max, float[] lanes) {
    Arrays.fill(lanes, 0f);
    for (int i = 0; i < count; i++) {
      float value = PortableMath.exp(x[offset + i] - max);
      x[offset + i] = value;
      lanes[i % LANES] += value;
    }
    return Kernels.tree(lanes);
  }
}
