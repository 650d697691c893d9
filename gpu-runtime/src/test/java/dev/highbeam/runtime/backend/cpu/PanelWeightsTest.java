// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.HalfFloats;
import dev.highbeam.runtime.backend.InMemoryWeights;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.WeightSource;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PanelWeightsTest {

  @Test
  void givenTwoMembersOfF32_pack_laysPanelsOut() {
    // 30 + 5 rows of width 3: a panel of 32 and one of 3, the border of the members inside.
    InMemoryWeights first = InMemoryWeights.random("first", DType.F32, 1, 1, 30, 3);
    InMemoryWeights second = InMemoryWeights.random("second", DType.F32, 2, 1, 5, 3);
    PanelWeights packed = pack(Epilogue.STORE, DType.F32, first, second);
    assertThat(packed.dtype()).isEqualTo(DType.F32);
    assertThat(packed.panelCount()).isEqualTo(2);
    assertThat(packed.bytes()).isEqualTo(2 * 3 * 32 * 4);
    for (int k = 0; k < 3; k++) {
      assertThat(at(packed, 0, k, 0)).isEqualTo(first.values()[k]);
      assertThat(at(packed, 0, k, 29)).isEqualTo(first.values()[29 * 3 + k]);
      assertThat(at(packed, 0, k, 30)).isEqualTo(second.values()[k]);
      assertThat(at(packed, 1, k, 2)).isEqualTo(second.values()[4 * 3 + k]);
      assertThat(at(packed, 1, k, 3)).isEqualTo(0f);
    }
  }

  @Test
  void givenGate_pack_putsGatesBesideTheirUps() {
    // 17 outputs: the second panel holds gate 16 in column 0 and up 16 in column 16.
    InMemoryWeights both = InMemoryWeights.random("both", DType.F32, 3, 1, 34, 2);
    PanelWeights packed = pack(Epilogue.GATED_SILU, DType.F32, both);
    assertThat(packed.panelCount()).isEqualTo(2);
    assertThat(at(packed, 0, 1, 15)).isEqualTo(both.values()[15 * 2 + 1]);
    assertThat(at(packed, 0, 1, 16)).isEqualTo(both.values()[17 * 2 + 1]);
    assertThat(at(packed, 1, 0, 0)).isEqualTo(both.values()[16 * 2]);
    assertThat(at(packed, 1, 0, 16)).isEqualTo(both.values()[33 * 2]);
    assertThat(at(packed, 1, 0, 1)).isEqualTo(0f);
    assertThat(at(packed, 1, 0, 17)).isEqualTo(0f);
  }

  @Test
  void givenBf16_pack_keepsTwoColumnsToAWord() {
    InMemoryWeights weights = InMemoryWeights.random("w", DType.BF16, 4, 1, 33, 5);
    // F32 is asked for, but bf16 holds the same values in half the memory.
    PanelWeights packed = pack(Epilogue.STORE, DType.F32, weights);
    assertThat(packed.dtype()).isEqualTo(DType.BF16);
    assertThat(packed.bytes()).isEqualTo(2 * 5 * 16 * 4);
    for (int k = 0; k < 5; k++) {
      int word = packed.words(0)[packed.offset(0) + k * Product.HALF + 7];
      float[] values = weights.values();
      assertThat(HalfFloats.bf16ToFloat((short) word)).isEqualTo(values[7 * 5 + k]);
      assertThat(HalfFloats.bf16ToFloat((short) (word >>> 16))).isEqualTo(values[23 * 5 + k]);
    }
    int lone = packed.words(1)[packed.offset(1)];
    assertThat(HalfFloats.bf16ToFloat((short) lone)).isEqualTo(weights.values()[32 * 5]);
    assertThat(lone >>> 16).isEqualTo(0);
  }

  @Test
  void givenF16OrF32_pack_roundsOnlyIfAsked() {
    InMemoryWeights halves = InMemoryWeights.random("h", DType.F16, 5, 1, 32, 4);
    PanelWeights exact = pack(Epilogue.STORE, DType.F16, halves);
    assertThat(exact.dtype()).isEqualTo(DType.F32);
    assertThat(at(exact, 0, 1, 9)).isEqualTo(halves.values()[9 * 4 + 1]);
    InMemoryWeights floats = InMemoryWeights.random("f", DType.F32, 6, 1, 32, 4);
    PanelWeights rounded = pack(Epilogue.STORE, DType.BF16, floats);
    short low = (short) rounded.words(0)[2 * Product.HALF + 9];
    assertThat(low).isEqualTo(HalfFloats.floatToBf16(floats.values()[9 * 4 + 2]));
  }

  @Test
  void givenBiasOfOneMember_pack_leavesTheOthersZero() {
    InMemoryWeights first = InMemoryWeights.random("first", DType.F32, 1, 1, 20, 3);
    InMemoryWeights second = InMemoryWeights.random("second", DType.F32, 2, 1, 20, 3);
    InMemoryWeights bias = InMemoryWeights.random("bias", DType.F32, 3, 1, 20);
    LinearSpec gated =
        new LinearSpec(
            "gated", List.of(first, second), Arrays.asList(null, bias), Epilogue.GATED_SILU);
    try (ThreadPool pool = new ThreadPool(2)) {
      float[] packed = PanelPacker.pack(gated, DType.F32, pool).bias();
      assertThat(packed).hasSize(64);
      assertThat(packed[15]).isEqualTo(0f);
      assertThat(packed[16]).isEqualTo(bias.values()[0]);
      assertThat(packed[32 + 16 + 3]).isEqualTo(bias.values()[19]);
      assertThat(packed[32 + 16 + 4]).isEqualTo(0f);
    }
  }

  @Test
  void givenMisfits_pack_refuses() {
    WeightSource odd = InMemoryWeights.random("odd", DType.F32, 1, 1, 3, 3);
    assertThatThrownBy(() -> pack(Epilogue.GATED_SILU, DType.F32, odd))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("even number of rows, was 3");
    WeightSource bias = InMemoryWeights.random("bias", DType.F32, 1, 1, 4);
    LinearSpec spec = new LinearSpec("x", List.of(odd), List.of(bias), Epilogue.STORE);
    try (ThreadPool pool = new ThreadPool(1)) {
      assertThatThrownBy(() -> PanelPacker.pack(spec, DType.F32, pool))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("must have 3 elements");
    }
  }

  private static float at(PanelWeights packed, int panel, int k, int column) {
    return packed.floats(panel)[packed.offset(panel) + k * Product.COLUMNS + column];
  }

  private static PanelWeights pack(Epilogue epilogue, DType type, WeightSource... members) {
    List<WeightSource> biases = Arrays.asList(new WeightSource[members.length]);
    LinearSpec spec = new LinearSpec("linear", List.of(members), biases, epilogue);
    try (ThreadPool pool = new ThreadPool(2)) {
      return PanelPacker.pack(spec, type, pool);
    }
  }
}
