// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

final class CudaArchListPropertyTest {

  /** Whatever comes, there is a list that reads back as itself, or the one exception. */
  @Property(tries = 3000, seed = "2611")
  void S1_6_givenNoise_parse_isAListOrTheOneException(@ForAll("noise") String text) {
    try {
      CudaArchList list = parse(text);
      assertThat(parse(list.toString())).isEqualTo(list).hasSameHashCodeAs(list);
      assertThat(list.toString()).matches("((sm|compute)_\\d{2,3}[af]?;?)+");
    } catch (InvalidSettingException e) {
      assertThat(e.getMessage()).startsWith("cuda_arch_list must be ").hasSizeLessThan(300);
    }
  }

  @Property(tries = 300, seed = "2611")
  void S1_6_givenItemsInAnyOrder_parse_isTheSameList(
      @ForAll("items") List<String> items, @ForAll long seed) {
    List<String> shuffled = new ArrayList<>(items);
    shuffled.addAll(items.subList(0, items.size() / 2));
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = shuffled.size() - 1; i > 0; i--) {
      Collections.swap(shuffled, i, random.nextInt(i + 1));
    }
    assertThat(parse(String.join(",", shuffled))).isEqualTo(parse(String.join(";", items)));
  }

  @Provide
  Arbitrary<String> noise() {
    return Arbitraries.strings().withChars("0189.af+ptxPTX;, sm_cogute").ofMaxLength(12);
  }

  @Provide
  Arbitrary<List<String>> items() {
    return Arbitraries.of("8.0", "8.6+PTX", "9.0a", "sm_90", "compute_75", "10.0f", "12.1")
        .list()
        .ofMinSize(1)
        .ofMaxSize(8);
  }

  private static CudaArchList parse(String text) {
    return CudaArchList.parse("cuda_arch_list", text);
  }
}
