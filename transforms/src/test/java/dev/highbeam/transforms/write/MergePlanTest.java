// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class MergePlanTest {

  private static final long MB = 1L << 20;

  @Test
  void givenNoParts_oneEmptyFile() {
    assertThat(MergePlan.of(List.of())).containsExactly(List.of());
  }

  @Test
  void givenSmallParts_oneFile_inTheOrderOfTheInput() {
    PartFile late = new PartFile("x", 1, MB, "b", 1);
    PartFile tenth = new PartFile("y", 1, MB, "a", 10);
    PartFile ninth = new PartFile("z", 1, MB, "a", 9);
    assertThat(MergePlan.of(List.of(late, tenth, ninth)))
        .containsExactly(List.of(ninth, tenth, late));
  }

  @Property(tries = 200, seed = "2611")
  void givenAnyParts_eachIsInOneFile_filesStayInOrderAndBalanced(
      @ForAll @Size(min = 1, max = 80) List<@LongRange(min = 1, max = 100 * MB) Long> sizes) {
    List<PartFile> parts = new ArrayList<>();
    for (int i = 0; i < sizes.size(); i++) {
      parts.add(new PartFile("p" + i, 1, sizes.get(i), "s", i));
    }
    List<List<PartFile>> files = MergePlan.of(parts);
    assertThat(files).hasSizeBetween(1, MergePlan.MAX_FILES);
    assertThat(files.stream().flatMap(List::stream)).containsExactlyElementsOf(parts);
    long total = sizes.stream().mapToLong(Long::longValue).sum();
    for (List<PartFile> file : files) {
      long bytes = file.stream().mapToLong(PartFile::bytes).sum();
      assertThat(bytes).isLessThanOrEqualTo(total / files.size() + 101 * MB);
    }
  }
}
