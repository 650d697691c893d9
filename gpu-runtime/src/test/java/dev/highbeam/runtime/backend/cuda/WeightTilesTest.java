// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class WeightTilesTest {

  private static final DType[] TYPES = {DType.F32, DType.BF16, DType.F16};

  @Property(tries = 200, seed = "2611")
  void givenAnyMembers_pack_putsEachWeightWhereTheFormulaSays(
      @ForAll @IntRange(min = 1, max = 150) int first,
      @ForAll @IntRange(min = 0, max = 90) int second,
      @ForAll @IntRange(min = 1, max = 200) int width,
      @ForAll @IntRange(min = 0, max = 2) int type,
      @ForAll @IntRange(min = 0, max = 2) int sourceType,
      @ForAll Epilogue epilogue,
      @ForAll @IntRange(min = 1, max = 5) int tilesAtOnce) {
    List<WeightSource> members = new ArrayList<>();
    // A gated linear: two members of the same size, or one that holds both halves.
    int[] rows =
        second == 0
            ? new int[] {epilogue.isGated() ? 2 * first : first}
            : new int[] {first, epilogue.isGated() ? first : second};
    for (int m = 0; m < rows.length; m++) {
      members.add(InMemoryWeights.random("w" + m, TYPES[sourceType], m, 1, rows[m], width));
    }
    LinearSpec spec = spec(epilogue, members, Arrays.asList(new WeightSource[rows.length]));
    WeightTiles tiles = new WeightTiles(spec, TYPES[type]);

    ByteBuffer packed = packAll(tiles, tilesAtOnce);

    ByteBuffer expected = naive(spec, TYPES[type], tiles.paddedRows());
    assertThat(packed).isEqualTo(expected);
  }

  /** Every weight at the place that the layout's description gives it; zeros elsewhere. */
  private static ByteBuffer naive(LinearSpec spec, DType type, int paddedRows) {
    int width = spec.inputWidth();
    int columns = 128 / type.bytes();
    int kTiles = (width + columns - 1) / columns;
    ByteBuffer bytes =
        ByteBuffer.allocate(paddedRows * kTiles * 128).order(ByteOrder.LITTLE_ENDIAN);
    int row = 0;
    for (WeightSource member : spec.members()) {
      float[] values = ((InMemoryWeights) member).values();
      for (int r = 0; r < member.shape()[0]; r++, row++) {
        int packedRow = row;
        if (spec.epilogue().isGated()) {
          int half = spec.rowCount() / 2;
          int gate = row % half;
          packedRow = gate / 8 * 16 + gate % 8 + (row < half ? 0 : 8);
        }
        for (int k = 0; k < width; k++) {
          int tile = packedRow / 64 * kTiles + k / columns;
          int inRow = k % columns * type.bytes();
          int chunk = inRow / 16 ^ packedRow % 8;
          int at = tile * 8192 + packedRow % 64 * 128 + chunk * 16 + inRow % 16;
          put(bytes, at, type, values[r * width + k]);
        }
      }
    }
    return bytes;
  }

  private static void put(ByteBuffer bytes, int at, DType type, float value) {
    switch (type) {
      case F32 -> bytes.putFloat(at, value);
      case BF16 -> bytes.putShort(at, HalfFloats.floatToBf16(value));
      case F16 -> bytes.putShort(at, HalfFloats.floatToF16(value));
      case FP8_E4M3 -> throw new IllegalArgumentException("weights are not fp8");
    }
  }

  /** Packs through a buffer of some tiles, with other bytes before and after it. */
  private static ByteBuffer packAll(WeightTiles tiles, int tilesAtOnce) {
    ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(tiles.bytes()));
    ByteBuffer part =
        ByteBuffer.allocateDirect(tilesAtOnce * WeightTiles.TILE_BYTES + 32)
            .order(ByteOrder.LITTLE_ENDIAN);
    for (long offset = 0; offset < tiles.bytes(); ) {
      int length =
          (int) Math.min((long) tilesAtOnce * WeightTiles.TILE_BYTES, tiles.bytes() - offset);
      part.clear();
      while (part.hasRemaining()) {
        part.put((byte) 0x55);
      }
      part.position(16).limit(16 + length);
      tiles.pack(offset, part);
      assertThat(part.hasRemaining()).isFalse();
      assertThat(part.get(15)).isEqualTo((byte) 0x55);
      part.limit(part.capacity());
      assertThat(part.get(16 + length)).isEqualTo((byte) 0x55);
      part.position(16).limit(16 + length);
      all.put(part);
      offset += length;
    }
    return all.flip().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Test
  void givenGateAndUpWithOneBias_bias_liesInPackedOrder() {
    List<WeightSource> members =
        List.of(
            InMemoryWeights.random("gate", DType.BF16, 1, 1, 9, 4),
            InMemoryWeights.random("up", DType.BF16, 2, 1, 9, 4));
    float[] up = {10, 11, 12, 13, 14, 15, 16, 17, 18};
    WeightTiles tiles =
        new WeightTiles(
            spec(
                Epilogue.GATED_SILU,
                members,
                Arrays.asList(null, InMemoryWeights.of("b", DType.F32, up, 9))),
            DType.BF16);
    float[] expected = new float[128];
    // Rows 0..7 are gates 0..7, 8..15 their ups; row 16 is gate 8, row 24 its up.
    System.arraycopy(up, 0, expected, 8, 8);
    expected[24] = 18;
    assertThat(tiles.bias()).isEqualTo(expected);
  }

  @Test
  void givenNoBias_bias_isNull() {
    WeightSource member = InMemoryWeights.random("w", DType.F32, 1, 1, 3, 4);
    assertThat(
            new WeightTiles(
                    spec(Epilogue.STORE, List.of(member), Arrays.asList((WeightSource) null)),
                    DType.F32)
                .bias())
        .isNull();
  }

  @Test
  void givenWrongShapes_construction_refuses() {
    WeightSource wide = InMemoryWeights.random("wide", DType.F32, 1, 1, 2, 8);
    WeightSource narrow = InMemoryWeights.random("narrow", DType.F32, 1, 1, 2, 7);
    WeightSource odd = InMemoryWeights.random("odd", DType.F32, 1, 1, 3, 8);
    List<WeightSource> noBias = Arrays.asList((WeightSource) null);
    refuses(spec(Epilogue.STORE, List.of(wide, narrow), Arrays.asList(null, null)), "narrow");
    refuses(spec(Epilogue.STORE, List.of(wide), Arrays.asList(null, null)), "one bias");
    refuses(spec(Epilogue.STORE, List.of(wide), List.of(odd)), "bias of weight wide");
    refuses(spec(Epilogue.GATED_SILU, List.of(odd), noBias), "even number");
    refuses(spec(Epilogue.STORE, List.of(), List.of()), "no members");
  }

  private static void refuses(LinearSpec spec, String what) {
    assertThatThrownBy(() -> new WeightTiles(spec, DType.F32))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(what);
  }

  @Test
  void givenPartOfATile_pack_refuses() {
    WeightSource member = InMemoryWeights.random("w", DType.F32, 1, 1, 3, 4);
    WeightTiles tiles =
        new WeightTiles(
            spec(Epilogue.STORE, List.of(member), Arrays.asList((WeightSource) null)), DType.F32);
    ByteBuffer buffer = ByteBuffer.allocate(3 * 8192).order(ByteOrder.LITTLE_ENDIAN);
    assertThatThrownBy(() -> tiles.pack(4096, buffer)).hasMessageContaining("multiples");
    // 128 rows of one k tile are two tiles.
    assertThatThrownBy(() -> tiles.pack(0, buffer)).hasMessageContaining("within 16384");
    assertThatThrownBy(() -> tiles.pack(0, ByteBuffer.allocate(8192)))
        .hasMessageContaining("little-endian");
  }

  private static LinearSpec spec(
      Epilogue epilogue, List<WeightSource> members, List<WeightSource> biases) {
    return new LinearSpec("linear", members, biases, epilogue);
  }
}
