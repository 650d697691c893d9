// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.Dim3;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rotation and filling of the cache against a few lines of Java: equal bits. */
final class RopeAppendTest {

  private static final int PAGE_SIZE = 4;
  private static final int PAGES = 3;
  private static final int[] POSITIONS = {0, 6, 2, 7};

  /** The fourth token is padding: it has no place in the cache. */
  private static final int[] SLOTS = {9, 0, 3, -1};

  /** Sizes of an attention layer. */
  private record Shape(int queryHeads, int kvHeads, int headDim, int rotaryDim) {
    int width() {
      return (queryHeads + 2 * kvHeads) * headDim;
    }

    int stride() {
      return (width() + 63) / 64 * 64;
    }
  }

  private static final Shape[] SHAPES = {
    new Shape(4, 2, 64, 64),
    new Shape(3, 3, 32, 16),
    new Shape(8, 1, 80, 20),
    new Shape(2, 1, 6, 4),
    new Shape(2, 2, 128, 128),
    new Shape(1, 1, 24, 0)
  };

  @ParameterizedTest
  @ValueSource(ints = {EmulatedGpu.SM_75, EmulatedGpu.CHECKED_SM_80, EmulatedGpu.REVERSE_SM_80})
  void givenShapesTypesAndLayouts_ropeAppend_rotatesAndFillsTheCache(int device) {
    int kind = 0;
    for (Shape shape : SHAPES) {
      for (ElementType activation : ElementType.values()) {
        if (activation == ElementType.FP8) {
          continue;
        }
        try (KernelBench bench = new KernelBench(device)) {
          for (ElementType cache : ElementType.values()) {
            check(bench, shape, activation, cache, kind++);
          }
        }
      }
    }
  }

  private static void check(
      KernelBench bench, Shape shape, ElementType activation, ElementType cache, int kind) {
    boolean headsFirst = kind % 2 == 0;
    int blocks = 1 + kind % 3;
    float keyScale = kind % 4 == 0 ? 1 : 0.37f;
    float valueScale = kind % 5 == 0 ? 1 : 2.5f;
    float[] qkv = qkv(shape, kind);
    float[] turns = turns(shape.rotaryDim);
    int headDim = shape.headDim;
    long pageStride = (long) PAGE_SIZE * shape.kvHeads * headDim;
    long headStride = headsFirst ? (long) PAGE_SIZE * headDim : headDim;
    long tokenStride = headsFirst ? headDim : (long) shape.kvHeads * headDim;
    DeviceMemory rows = activation.upload(bench, qkv);
    float[] cached = new float[(int) pageStride * PAGES];
    Arrays.fill(cached, 77);
    DeviceMemory keys = cache.upload(bench, cached);
    DeviceMemory values = cache.upload(bench, cached);
    DeviceMemory table = bench.floats(turns);
    // The grid has a row more than there are tokens.
    DeviceMemory header = bench.ints(POSITIONS.length);
    DeviceMemory positions = bench.ints(POSITIONS);
    DeviceMemory slots = bench.ints(SLOTS);
    bench.run(
        "rope_append",
        Dim3.of(POSITIONS.length + 1, blocks),
        128,
        a ->
            a.pointer("qkv", rows)
                .int32("qkvType", activation.code())
                .int64("qkvStride", shape.stride())
                .int32("queryHeads", shape.queryHeads)
                .int32("kvHeads", shape.kvHeads)
                .int32("headDim", headDim)
                .int32("rotaryDim", shape.rotaryDim)
                .pointer("ropeTable", table)
                .pointer("keys", keys)
                .pointer("values", values)
                .int32("kvType", cache.code())
                .int64("pageStride", pageStride)
                .int64("headStride", headStride)
                .int64("tokenStride", tokenStride)
                .int32("pageSize", PAGE_SIZE)
                .float32("keyScale", keyScale)
                .float32("valueScale", valueScale)
                .pointer("header", header)
                .pointer("positions", positions)
                .pointer("slotMapping", slots));

    float[] expected = rotated(shape, activation, qkv, turns);
    float[] expectedKeys = new float[cached.length];
    Arrays.fill(expectedKeys, cache.round(77));
    float[] expectedValues = expectedKeys.clone();
    for (int t = 0; t < POSITIONS.length; t++) {
      for (int h = 0; h < shape.kvHeads && SLOTS[t] >= 0; h++) {
        int place =
            (int)
                (SLOTS[t] / PAGE_SIZE * pageStride
                    + SLOTS[t] % PAGE_SIZE * tokenStride
                    + h * headStride);
        int key = t * shape.stride() + (shape.queryHeads + h) * headDim;
        for (int i = 0; i < headDim; i++) {
          expectedKeys[place + i] = cache.round(expected[key + i] / keyScale);
          expectedValues[place + i] =
              cache.round(expected[key + shape.kvHeads * headDim + i] / valueScale);
        }
      }
    }
    String what = shape + ", " + activation + ", cache " + cache + ", heads first " + headsFirst;
    assertBits(activation.read(bench, rows), expected, what);
    assertBits(cache.read(bench, keys), expectedKeys, what + ", keys");
    assertBits(cache.read(bench, values), expectedValues, what + ", values");
  }

  /** Compares NaN as NaN, and tells the zeros apart. */
  private static void assertBits(float[] actual, float[] expected, String what) {
    for (int i = 0; i < expected.length; i++) {
      if (Float.floatToIntBits(actual[i]) != Float.floatToIntBits(expected[i])) {
        assertThat(actual[i]).as("%s, element %s", what, i).isEqualTo(expected[i]);
      }
    }
    assertThat(actual).hasSameSizeAs(expected);
  }

  private static float[] rotated(Shape shape, ElementType type, float[] qkv, float[] turns) {
    float[] rows = new float[qkv.length];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = type.round(qkv[i]);
    }
    int half = shape.rotaryDim / 2;
    for (int t = 0; t < POSITIONS.length; t++) {
      for (int h = 0; h < shape.queryHeads + shape.kvHeads; h++) {
        int head = t * shape.stride() + h * shape.headDim;
        for (int i = 0; i < half; i++) {
          float a = rows[head + i];
          float b = rows[head + i + half];
          float cos = turns[(POSITIONS[t] * half + i) * 2];
          float sin = turns[(POSITIONS[t] * half + i) * 2 + 1];
          rows[head + i] = type.round(a * cos - b * sin);
          rows[head + i + half] = type.round(b * cos + a * sin);
        }
      }
    }
    return rows;
  }

  /** Values of all magnitudes that fp8 tells apart and some that it does not, and a NaN. */
  private static float[] qkv(Shape shape, int seed) {
    Random random = new Random(seed);
    float[] values = new float[(POSITIONS.length + 1) * shape.stride()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * Math.pow(2, random.nextInt(24) - 14));
    }
    values[shape.width() - 1] = Float.NaN;
    values[shape.width() - 2] = -0f;
    return values;
  }

  private static float[] turns(int rotaryDim) {
    float[] turns = new float[Math.max(1, 8 * rotaryDim)];
    for (int p = 0; p < 8; p++) {
      for (int i = 0; i < rotaryDim / 2; i++) {
        double angle = p * Math.pow(10000, -2.0 * i / rotaryDim);
        turns[(p * rotaryDim / 2 + i) * 2] = (float) Math.cos(angle);
        turns[(p * rotaryDim / 2 + i) * 2 + 1] = (float) Math.sin(angle);
      }
    }
    return turns;
  }
}
