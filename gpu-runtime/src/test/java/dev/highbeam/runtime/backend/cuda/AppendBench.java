// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.DevicePointer;
import dev.highbeam.runtime.backend.cuda.driver.Dim3;
import dev.highbeam.runtime.backend.cuda.driver.KernelArguments;
import java.nio.ByteBuffer;
import java.util.Random;

/** Runs rope_append over a cache of random bytes and compares all memory that it was given. */
final class AppendBench {

  private final KernelBench bench;
  private final AppendCase shape;
  private final AppendTokens tokens;
  private final float[] qkv;
  private final float[] turns;
  private final DeviceMemory rows;
  private final DeviceMemory cache;

  /** Values after all keys, or inside the pages. */
  private final int valueOffset;

  private final byte[] before;

  AppendBench(KernelBench bench, AppendCase shape, AppendTokens tokens, int seed) {
    this.bench = bench;
    this.shape = shape;
    this.tokens = tokens;
    qkv = tokens.qkv(shape, seed);
    turns = AppendTokens.turns(shape.rotaryDim());
    rows = shape.activation().upload(bench, qkv);
    valueOffset = (shape.isJoint() ? 1 : AppendTokens.PAGES) * shape.pageElements();
    before = new byte[2 * AppendTokens.PAGES * shape.pageElements() * shape.cache().bytes()];
    new Random(seed).nextBytes(before);
    cache = bench.bytes(ByteBuffer.wrap(before.clone()));
  }

  void run(int blocks) {
    DeviceMemory table = bench.floats(turns);
    DeviceMemory header = bench.ints(tokens.count());
    DeviceMemory positions = bench.ints(tokens.positions);
    DeviceMemory slots = bench.ints(tokens.slots);
    // The grid has a row more than there are tokens.
    bench.run(
        "rope_append",
        Dim3.of(tokens.count() + 1, blocks),
        128,
        a ->
            cache(sizes(a.pointer("qkv", rows)).pointer("ropeTable", table))
                .pointer("header", header)
                .pointer("positions", positions)
                .pointer("slotMapping", slots));
  }

  private KernelArguments.Builder sizes(KernelArguments.Builder arguments) {
    return arguments
        .int32("qkvType", shape.activation().code())
        .int64("qkvStride", shape.stride())
        .int32("queryHeads", shape.queryHeads())
        .int32("kvHeads", shape.kvHeads())
        .int32("headDim", shape.headDim())
        .int32("rotaryDim", shape.rotaryDim());
  }

  private KernelArguments.Builder cache(KernelArguments.Builder arguments) {
    DevicePointer keys = cache.pointer();
    long offset = (long) valueOffset * shape.cache().bytes();
    return arguments
        .pointer("keys", keys)
        .pointer("values", keys.slice(offset, keys.bytes() - offset))
        .int32("kvType", shape.cache().code())
        .int64("pageStride", shape.pageStride())
        .int64("headStride", shape.headStride())
        .int64("tokenStride", shape.tokenStride())
        .int32("pageSize", shape.pageSize())
        .float32("keyScale", shape.keyScale())
        .float32("valueScale", shape.valueScale());
  }

  /** Rotated rows, appended keys and values, and every other byte as it was. */
  void check() {
    float[] rotated = tokens.rotated(shape, qkv, turns);
    float[] actualRows = shape.activation().read(bench, rows);
    for (int i = 0; i < rotated.length; i++) {
      same(actualRows[i], rotated[i], "row", i);
    }
    ElementType type = shape.cache();
    float[] actual = type.read(bench, cache);
    boolean[] isWritten = new boolean[actual.length];
    for (int t = 0; t < tokens.count(); t++) {
      for (int h = 0; h < shape.kvHeads() && tokens.slots[t] >= 0; h++) {
        int place = shape.place(tokens.slots[t], h);
        int key = t * shape.stride() + (shape.queryHeads() + h) * shape.headDim();
        int value = key + shape.kvHeads() * shape.headDim();
        for (int i = 0; i < shape.headDim(); i++) {
          float stored = type.round(rotated[key + i] / shape.keyScale());
          same(actual[place + i], stored, "key", place + i);
          stored = type.round(rotated[value + i] / shape.valueScale());
          same(actual[valueOffset + place + i], stored, "value", place + i);
          isWritten[place + i] = true;
          isWritten[valueOffset + place + i] = true;
        }
      }
    }
    ByteBuffer after = bench.read(cache);
    for (int i = 0; i < before.length; i++) {
      if (!isWritten[i / type.bytes()] && after.get(i) != before[i]) {
        assertThat(after.get(i)).as("%s, byte %s", shape, i).isEqualTo(before[i]);
      }
    }
  }

  /** Takes NaN for NaN, and tells the zeros apart. */
  private void same(float actual, float expected, String what, int at) {
    if (Float.floatToIntBits(actual) != Float.floatToIntBits(expected)) {
      assertThat(actual).as("%s, %s %s", shape, what, at).isEqualTo(expected);
    }
  }
}
