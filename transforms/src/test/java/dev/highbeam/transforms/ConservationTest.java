// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

/** Every input row ends in results or in errors, exactly once, whatever the rows are. */
class ConservationTest {

  @Property(tries = 8, shrinking = ShrinkingMode.OFF, seed = "2611")
  void givenAnyMixOfRows_eachEndsOnce(@ForAll("mixes") List<String> lines)
      throws IOException, SQLException {
    check(lines);
  }

  @Property(tries = 4, shrinking = ShrinkingMode.OFF, seed = "2611")
  void givenOnlyBadRows_allAreErrors(@ForAll("badLines") List<String> lines)
      throws IOException, SQLException {
    check(lines);
  }

  private static void check(List<String> lines) throws IOException, SQLException {
    Path folder = Files.createTempDirectory("conservation");
    try {
      Path input = folder.resolve("in.jsonl");
      // Latin-1 lets a line hold bytes that are no UTF-8.
      Files.writeString(input, String.join("\n", lines), StandardCharsets.ISO_8859_1);
      Path out = folder.resolve("out");
      Job.run(input.toString(), out, "conservation", 3);
      List<Long> expected = new ArrayList<>();
      for (int i = 0; i < lines.size(); i++) {
        if (!lines.get(i).isBlank()) {
          expected.add(i + 1L);
        }
      }
      List<Long> ended = new ArrayList<>();
      for (List<Object> row :
          Job.query(
              "SELECT position FROM '"
                  + out
                  + "/results/*.parquet' WHERE sample_index = 0 UNION ALL SELECT position FROM '"
                  + out
                  + "/errors/*.parquet' ORDER BY 1")) {
        ended.add((Long) row.get(0));
      }
      assertThat(ended).isEqualTo(expected);
    } finally {
      try (Stream<Path> paths = Files.walk(folder)) {
        for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  @Provide
  Arbitrary<List<String>> mixes() {
    return Arbitraries.oneOf(badLine(), goodLine()).list().ofMinSize(1).ofMaxSize(60);
  }

  @Provide
  Arbitrary<List<String>> badLines() {
    return badLine().list().ofMinSize(1).ofMaxSize(40);
  }

  private static Arbitrary<String> goodLine() {
    return Arbitraries.of(
        "{\"prompt\":\"a\"}",
        "{\"prompt\":\"b\",\"n\":3}",
        "{\"prompt\":\"c\",\"x\":[1,2],\"y\":1.5}\r",
        "{\"prompt\":\"d\",\"x\":\"text\",\"y\":2}",
        "{\"prompt\":\"a\",\"custom_id\":\"same\"}");
  }

  private static Arbitrary<String> badLine() {
    return Arbitraries.of(
        " ",
        "{",
        "[]",
        "{\"prompt\":null}",
        "{\"prompt\":\"\"}",
        "{\"prompt\":1}",
        "{\"prompt\":\"\u00e9\"}",
        "{\"prompt\":\"\\ud800\"}",
        "{\"prompt\":\"p\",\"temperature\":-5}",
        "{\"prompt\":\"p\",\"use_beam_search\":true}",
        "{\"prompt\":\"" + "long ".repeat(900) + "\"}");
  }
}
