// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * docs/requirements.md against the tests: every requirement names the classes whose methods carry
 * its number, no more and no fewer, or says in a sentence why none does.
 */
final class RequirementsTest {

  private static final Path ROOT =
      Path.of(System.getProperty("highbeam.root", "../..")).toAbsolutePath().normalize();

  private static final Pattern ROW =
      Pattern.compile("^\\| (S\\d-\\d+) \\| ([^|]+) \\| ([^|]+) \\|$", Pattern.MULTILINE);
  private static final Pattern NAME = Pattern.compile("`(\\w+)`");
  private static final Pattern METHOD = Pattern.compile("void ((?:S\\d_\\d+_)+)\\w+\\(");
  private static final Pattern NUMBER = Pattern.compile("S(\\d)_(\\d+)_");
  private static final int SHORTEST_REASON = 40;

  /** Requirements by group: how many there are; S4-9 belongs to quantised caches. */
  private static List<String> numbers() {
    List<String> numbers = new ArrayList<>();
    Map<String, Integer> last = new LinkedHashMap<>();
    last.put("S0", 11);
    last.put("S1", 9);
    last.put("S2", 12);
    last.put("S3", 10);
    last.put("S4", 10);
    last.forEach(
        (group, count) ->
            IntStream.rangeClosed(1, count).forEach(n -> numbers.add(group + "-" + n)));
    return numbers;
  }

  /** Test classes by the requirements that their methods are named after. */
  private static Map<String, Set<String>> testsByNumber() throws IOException {
    Map<String, Set<String>> tests = new TreeMap<>();
    try (Stream<Path> files = Files.walk(ROOT)) {
      List<Path> sources =
          files
              .filter(file -> file.toString().endsWith(".java"))
              .filter(file -> file.toString().contains("/src/test/"))
              .toList();
      for (Path source : sources) {
        String name = source.getFileName().toString().replace(".java", "");
        Matcher method = METHOD.matcher(Files.readString(source));
        while (method.find()) {
          Matcher number = NUMBER.matcher(method.group(1));
          while (number.find()) {
            String requirement = "S" + number.group(1) + "-" + number.group(2);
            tests.computeIfAbsent(requirement, n -> new TreeSet<>()).add(name);
          }
        }
      }
    }
    return tests;
  }

  @Test
  void givenEveryRequirement_thePageNamesExactlyItsTests() throws IOException {
    Map<String, Set<String>> tests = testsByNumber();
    Map<String, String> rows = new LinkedHashMap<>();
    Matcher row = ROW.matcher(Files.readString(ROOT.resolve("docs/requirements.md")));
    while (row.find()) {
      assertThat(rows.put(row.group(1), row.group(3))).as(row.group(1)).isNull();
    }
    assertThat(rows.keySet()).containsAll(numbers()).containsAll(tests.keySet());
    rows.forEach(
        (number, held) -> {
          Set<String> named = new TreeSet<>();
          NAME.matcher(held).results().forEach(match -> named.add(match.group(1)));
          assertThat(named).as(number).isEqualTo(tests.getOrDefault(number, Set.of()));
          if (named.isEmpty()) {
            assertThat(held).as(number).hasSizeGreaterThan(SHORTEST_REASON);
          }
        });
  }
}
