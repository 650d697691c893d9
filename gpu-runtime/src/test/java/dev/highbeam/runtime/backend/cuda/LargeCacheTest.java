// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.DevicePointer;
import dev.highbeam.runtime.backend.cuda.driver.Dim3;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import dev.highbeam.runtime.backend.cuda.driver.KernelArguments;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** A cache of more elements than 32 bits count: its last page is written and read. */
final class LargeCacheTest {

  private static final int PAGE_SIZE = 32;
  private static final int HEADS = 8;
  private static final int HEAD_DIM = 128;
  private static final int PAGE_ELEMENTS = PAGE_SIZE * HEADS * HEAD_DIM;
  private static final int PAGES = 140_000;
  private static final int WIDTH = 3 * HEADS * HEAD_DIM;
  private static final byte UNTOUCHED = 0x11;

  private KernelBench bench;
  private DeviceMemory keys;
  private DeviceMemory values;
  private DeviceMemory qkv;
  private DeviceMemory header;
  private DeviceMemory positions;

  @Test
  void S2_7_givenLastPageOfALargeCache_appendAndAttention_reachIt() {
    long elements = (long) PAGES * PAGE_ELEMENTS;
    assertThat(elements).isGreaterThan(1L << 32);
    try (KernelBench opened = new KernelBench(EmulatedGpu.SM_90)) {
      bench = opened;
      keys = bench.unfilled(elements);
      values = bench.unfilled(elements);
      // Where offsets of 32 bits, with a sign or without, would lead.
      long target = elements - PAGE_ELEMENTS;
      byte[] untouched = new byte[PAGE_ELEMENTS];
      Arrays.fill(untouched, UNTOUCHED);
      bench.write(lastPage(keys), ByteBuffer.wrap(untouched));
      bench.write(lastPage(values), ByteBuffer.wrap(untouched));
      long wrapped = target & 0xffff_ffffL;
      bench.write(keys.slice(wrapped, PAGE_ELEMENTS), ByteBuffer.wrap(untouched));
      float[] row = new float[WIDTH];
      for (int i = 0; i < WIDTH; i++) {
        row[i] = ElementType.FP8.round((i % 37 - 18) / 4f);
      }
      qkv = ElementType.BF16.upload(bench, row);
      header = bench.ints(1, 1, 0, 1, 0, 0, 1);
      positions = bench.ints(0);
      append();
      checkPage(bench.read(lastPage(keys)), row, HEADS * HEAD_DIM);
      checkPage(bench.read(lastPage(values)), row, 2 * HEADS * HEAD_DIM);
      ByteBuffer other = bench.read(keys.slice(wrapped, PAGE_ELEMENTS));
      for (int i = 0; i < PAGE_ELEMENTS; i++) {
        assertThat(other.get(i)).isEqualTo(UNTOUCHED);
      }
      // One token alone has weight 1, so the values come back as they are stored.
      float[] attended = attend();
      for (int i = 0; i < attended.length; i++) {
        assertThat(attended[i]).isEqualTo(row[2 * HEADS * HEAD_DIM + i]);
      }
    }
  }

  private static DevicePointer lastPage(DeviceMemory cache) {
    return cache.slice((PAGES - 1L) * PAGE_ELEMENTS, PAGE_ELEMENTS);
  }

  /** The page's first token is the row's, all else as it was; heads before tokens. */
  private static void checkPage(ByteBuffer page, float[] row, int from) {
    for (int head = 0; head < HEADS; head++) {
      for (int i = 0; i < PAGE_SIZE * HEAD_DIM; i++) {
        byte stored = page.get(head * PAGE_SIZE * HEAD_DIM + i);
        if (i < HEAD_DIM) {
          assertThat(ElementType.fp8(stored & 0xff)).isEqualTo(row[from + head * HEAD_DIM + i]);
        } else {
          assertThat(stored).isEqualTo(UNTOUCHED);
        }
      }
    }
  }

  private void append() {
    DeviceMemory table = bench.floats(1, 0);
    DeviceMemory slots = bench.ints((PAGES - 1) * PAGE_SIZE);
    bench.run(
        "rope_append",
        Dim3.of(1),
        128,
        a -> {
          a.pointer("qkv", qkv)
              .int32("qkvType", ElementType.BF16.code())
              .int64("qkvStride", WIDTH)
              .int32("queryHeads", HEADS)
              .int32("kvHeads", HEADS)
              .int32("headDim", HEAD_DIM)
              .int32("rotaryDim", 0)
              .pointer("ropeTable", table)
              .pointer("keys", keys)
              .pointer("values", values)
              .int32("kvType", ElementType.FP8.code());
          return strides(a)
              .int32("pageSize", PAGE_SIZE)
              .float32("keyScale", 1)
              .float32("valueScale", 1)
              .pointer("header", header)
              .pointer("positions", positions)
              .pointer("slotMapping", slots);
        });
  }

  private static KernelArguments.Builder strides(KernelArguments.Builder arguments) {
    return arguments
        .int64("pageStride", PAGE_ELEMENTS)
        .int64("headStride", PAGE_SIZE * HEAD_DIM)
        .int64("tokenStride", HEAD_DIM);
  }

  private float[] attend() {
    AttentionVariants.Variant variant =
        AttentionVariants.output(
            bench.capability(),
            DType.BF16,
            DType.FP8_E4M3,
            AttentionShapes.spec(HEADS, HEADS, HEAD_DIM, 0));
    DeviceMemory out = bench.filled(4L * HEADS * HEAD_DIM, 0xff);
    DeviceMemory pageIndptr = bench.ints(0, 1);
    DeviceMemory pageIndices = bench.ints(PAGES - 1);
    DeviceMemory work = bench.ints(0, 0, AttentionWork.WHOLE_ROW, AttentionWork.WHOLE_ROW);
    DeviceMemory partials = bench.ints(0);
    bench.run(
        variant.kernel(),
        Dim3.of(2),
        variant.threads(),
        variant.sharedBytes(),
        a -> {
          a.pointer("out", out)
              .int32("outType", ElementType.F32.code())
              .int64("outStride", HEADS * HEAD_DIM)
              .pointer("q", qkv)
              .int32("qType", ElementType.BF16.code())
              .int64("qStride", WIDTH)
              .pointer("keys", keys)
              .pointer("values", values);
          return strides(a)
              .int32("pageSizeLog2", Integer.numberOfTrailingZeros(PAGE_SIZE))
              .float32("keyScale", 1)
              .float32("valueScale", 1)
              .int32("queryHeads", HEADS)
              .int32("kvHeads", HEADS)
              .int32("headDim", HEAD_DIM)
              .float32("scale", 1)
              .int32("window", 0)
              .float32("softCap", 0)
              .nullPointer("sinks")
              .pointer("header", header)
              .pointer("positions", positions)
              .pointer("pageIndptr", pageIndptr)
              .pointer("pageIndices", pageIndices)
              .pointer("work", work)
              .pointer("partials", partials);
        });
    return bench.readFloats(out);
  }
}
