// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class MergePlanTest {

  private static final long MB = 1L << 20;

  private static PartFile part(String path, long bytes, String source, long position) {
    return new PartFile(path, 1, bytes, source, position, new TreeSet<>());
  }

  @Test
  void givenNoParts_oneEmptyFile() {
    assertThat(MergePlan.of(List.of())).containsExactly(List.of());
  }

  @Test
  void givenSmallParts_oneFile_inTheOrderOfTheInput() {
    PartFile late = part("x", MB, "b", 1);
    PartFile tenth = part("y", MB, "a", 10);
    PartFile ninth = part("z", MB, "a", 9);
    assertThat(MergePlan.of(List.of(late, tenth, ninth)))
        .containsExactly(List.of(ninth, tenth, late));
  }

  @Test
  void givenPartsOfSeveralNumerics_theFileSaysEachOnce() {
    PartFile both = new PartFile("x", 2, MB, "a", 1, new TreeSet<>(List.of("c", "a")));
    PartFile one = new PartFile("y", 2, MB, "a", 3, new TreeSet<>(List.of("b", "a")));
    assertThat(PartFile.numericsIds(List.of(both, part("z", MB, "a", 5), one))).isEqualTo("a+b+c");
    assertThat(PartFile.numericsIds(List.of())).isEmpty();
  }

  @Property(tries = 200, seed = "2611")
  void givenAnyParts_eachIsInOneFile_filesStayInOrderAndBalanced(
      @ForAll @Size(min = 1, max = 80) List<@LongRange(min = 1, max = 100 * MB) Long> sizes) {
    List<PartFile> parts = new ArrayList<>();
    for (int i = 0; i < sizes.size(); i++) {
      parts.add(part("p" + i, sizes.get(i), "s", i));
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
