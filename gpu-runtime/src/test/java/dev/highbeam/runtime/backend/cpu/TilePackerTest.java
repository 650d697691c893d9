// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.HalfFloats;
import dev.highbeam.runtime.backend.InMemoryWeights;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.WeightSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights that are packed from where a file is mapped are the same as those put together first. */
final class TilePackerTest {

  private final NativeMemory memory = new NativeMemory();
  private final ThreadPool pool = new ThreadPool(2);

  /** Elements as in a mapped file: outside of the heap. */
  private record Mapped(InMemoryWeights values) implements WeightSource {

    @Override
    public String name() {
      return values.name();
    }

    @Override
    public DType dtype() {
      return values.dtype();
    }

    @Override
    public long[] shape() {
      return values.shape();
    }

    @Override
    public void read(long offset, float[] target, int targetOffset, int count) {
      values.read(offset, target, targetOffset, count);
    }

    @Override
    public ByteBuffer bytes(long offset, int count) {
      ByteBuffer heap = values.bytes(offset, count);
      ByteBuffer direct = ByteBuffer.allocateDirect(heap.remaining());
      return direct.put(heap).flip().order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  @BeforeEach
  void needTiles() {
    assumeTrue(TileLibrary.isUsable(), TileLibrary::whyNot);
  }

  @AfterEach
  void free() {
    pool.close();
    memory.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 33, 64, 896})
  void givenMappedMembers_pack_asThoseOfTheHeap(int width) {
    for (Epilogue epilogue : List.of(Epilogue.STORE, Epilogue.GATED_SILU)) {
      for (boolean isInt8 : new boolean[] {false, true}) {
        List<WeightSource> heap = new ArrayList<>();
        List<WeightSource> mapped = new ArrayList<>();
        for (int rows : new int[] {40, 24, 64}) {
          InMemoryWeights member =
              InMemoryWeights.random("w" + rows, DType.BF16, rows, 0.5f, rows, width);
          heap.add(member);
          mapped.add(new Mapped(member));
        }
        assertThat(packed(mapped, epilogue, isInt8))
            .as("%s, int8 %s", epilogue, isInt8)
            .isEqualTo(packed(heap, epilogue, isInt8));
      }
    }
  }

  @Test
  void givenOneMember_packBf16_putsEachElementInItsPlace() {
    int width = 70;
    InMemoryWeights weights = InMemoryWeights.random("w", DType.BF16, 1, 1, 50, width);
    byte[] bytes = packed(List.of(new Mapped(weights)), Epilogue.STORE, false);
    ByteBuffer tiles = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int steps = 3;
    for (int row = 0; row < 50; row++) {
      for (int k = 0; k < width; k++) {
        int tile = (row / 32 * steps + k / 32) * 2 + row % 32 / 16;
        int place = tile * 1024 + k % 32 / 2 * 64 + row % 16 * 4 + k % 2 * 2;
        assertThat(HalfFloats.bf16ToFloat(tiles.getShort(place)))
            .isEqualTo(weights.values()[row * width + k]);
      }
    }
  }

  private byte[] packed(List<WeightSource> members, Epilogue epilogue, boolean isInt8) {
    List<WeightSource> biases = Arrays.asList(new WeightSource[members.size()]);
    LinearSpec spec = new LinearSpec("w", members, biases, epilogue);
    TileWeights weights = new TilePacker(memory, pool).pack(spec, isInt8);
    byte[] panels = new byte[Math.toIntExact(weights.panelCount() * weights.panelBytes())];
    NativeMemory.view(weights.panels(), panels.length).get(panels);
    if (!isInt8) {
      return panels;
    }
    int scales = 4 * weights.panelCount() * TileKernels.PANEL_COLUMNS;
    byte[] all = Arrays.copyOf(panels, panels.length + scales);
    NativeMemory.view(weights.scales(), scales).get(all, panels.length, scales);
    return all;
  }
}
