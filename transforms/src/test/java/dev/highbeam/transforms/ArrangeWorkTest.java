// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.transforms.shards.RowCounts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is arranged how: the same rows, each input row once, each request computed once. */
class ArrangeWorkTest {

  private static final AtomicInteger ENGINES = new AtomicInteger();
  private static final Arranging ALL = new Arranging(true, true, true);

  private static String engine() {
    return "arrange-" + ENGINES.incrementAndGet();
  }

  @Property(tries = 4, shrinking = ShrinkingMode.OFF, seed = "2611")
  void givenAnyRows_arrangedRowsAreThoseOfTheInputAsItIs(
      @ForAll @IntRange(max = 1_000_000) int seed,
      @ForAll @IntRange(min = 20, max = 60) int count,
      @ForAll @IntRange(min = 1, max = 6) int files,
      @ForAll @IntRange(min = 4, max = 14) int shardRows,
      @ForAll @IntRange(min = 2, max = 40) int rangeKeys)
      throws IOException, SQLException {
    Random random = new Random(seed);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      lines.add(line(random));
    }
    check(lines, files, shardRows, rangeKeys);
  }

  @Property(tries = 3, shrinking = ShrinkingMode.OFF, seed = "2611")
  void givenNothingButDuplicates_oneRequestIsComputed(
      @ForAll @IntRange(min = 2, max = 40) int count, @ForAll @IntRange(max = 2) int kind)
      throws IOException, SQLException {
    String line =
        List.of(
                "{\"prompt\":\"same\",\"n\":3}",
                "{\"prompt\":\"same\",\"seed\":7,\"temperature\":0.5}",
                "{\"prompt\":\"" + "far too long ".repeat(400) + "\"}")
            .get(kind);
    assertThat(check(Collections.nCopies(count, line), 4, 5, 3)).isEqualTo(1);
  }

  /** Compares with the input as it is; gives the number of requests that were computed. */
  private static int check(List<String> lines, int files, int shardRows, int rangeKeys)
      throws IOException, SQLException {
    Path folder = Files.createTempDirectory("arrange");
    try {
      Path input = Files.createDirectories(folder.resolve("in"));
      for (int file = 0; file < files; file++) {
        List<String> part =
            lines.subList(lines.size() * file / files, lines.size() * (file + 1) / files);
        Files.writeString(
            input.resolve("part-" + file + ".jsonl"),
            String.join("\n", part),
            StandardCharsets.ISO_8859_1);
      }
      ArrangedJob plain =
          ArrangedJob.arrange(input, folder.resolve("plain"), Arranging.NONE, shardRows);
      RowCounts all = plain.finish(engine());
      String engine = engine();
      ArrangedJob arranged =
          ArrangedJob.arrange(
              input, folder.resolve("arranged"), ALL.withRangeKeys(rangeKeys), shardRows);
      try (Stream<Path> left = Files.list(arranged.workList())) {
        assertThat(left.map(p -> p.getFileName().toString()))
            .noneMatch(name -> name.startsWith("split") || name.startsWith("moved"));
      }
      RowCounts counts = arranged.finish(engine);
      assertThat(arranged.results()).isEqualTo(plain.results());
      assertThat(arranged.errors()).isEqualTo(plain.errors());

      assertThat(all.ended()).isEqualTo(lines.size());
      assertThat(counts.ended()).isEqualTo(lines.size());
      assertThat(counts.results()).isEqualTo(all.results());
      assertThat(counts.outputTokens()).isEqualTo(all.outputTokens());
      assertThat(counts.errorsByCode()).isEqualTo(all.errorsByCode());
      int computed =
          FakeEngine.running(engine) == null ? 0 : FakeEngine.running(engine).submitted.get();
      assertThat(computed).isEqualTo(distinct(lines));
      long refused = arranged.work().errorsByCode().values().stream().mapToLong(x -> x).sum();
      assertThat(counts.spared().duplicates()).isEqualTo(lines.size() - refused - computed);
      return computed;
    } finally {
      try (Stream<Path> paths = Files.walk(folder)) {
        for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  /** Requests that differ: a custom_id or another column makes no difference, sampling does. */
  private static int distinct(List<String> lines) {
    Set<String> requests = new HashSet<>();
    for (String line : lines) {
      if (!line.equals("{") && !line.contains("\"temperature\":-5")) {
        requests.add(line.replaceAll(",\"(custom_id|x)\":[^,}]*", ""));
      }
    }
    return requests.size();
  }

  private static String line(Random random) {
    int kind = random.nextInt(20);
    if (kind == 0) {
      return "{";
    }
    if (kind == 1) {
      return "{\"prompt\":\"p\",\"temperature\":-5}";
    }
    // Below 4096 tokens in 64-character steps, or beyond with every second long one.
    String prompt = "document " + random.nextInt(8) + " ";
    prompt = prompt.repeat(random.nextInt(3) * 12) + "question " + random.nextInt(5);
    if (kind == 2) {
      prompt = "too long ".repeat(500 + random.nextInt(2));
    }
    String line = "{\"prompt\":\"" + prompt + "\"";
    line += random.nextInt(3) == 0 ? ",\"n\":2" : "";
    line += random.nextInt(4) == 0 ? ",\"temperature\":0.5" : "";
    line += random.nextInt(4) == 0 ? ",\"seed\":" + random.nextInt(2) : "";
    line += random.nextInt(2) == 0 ? ",\"custom_id\":\"id" + random.nextInt(9) + "\"" : "";
    line += random.nextInt(2) == 0 ? ",\"x\":" + random.nextInt(9) : "";
    return line + "}";
  }

  @Test
  void givenQuestionsAboutDocumentsInTurn_eachDocumentIsOneRun(@TempDir Path folder)
      throws IOException {
    Path input = folder.resolve("in.jsonl");
    List<String> lines = new ArrayList<>();
    for (int question = 0; question < 8; question++) {
      for (int document = 0; document < 12; document++) {
        String text =
            "Instructions for everybody. ".repeat(4) + ("doc " + document + " ").repeat(20);
        lines.add("{\"prompt\":\"" + text + "question " + question + "\"}");
      }
    }
    Files.write(input, lines);
    Arranging grouping = new Arranging(false, true, false);
    ArrangedJob grouped = ArrangedJob.arrange(input, folder.resolve("grouped"), grouping, 48);
    assertThat(grouped.prompts()).hasSize(2);
    assertThat(runs(grouped.prompts())).isEqualTo(12);
    ArrangedJob plain = ArrangedJob.arrange(input, folder.resolve("plain"), Arranging.NONE, 48);
    assertThat(runs(plain.prompts())).isEqualTo(96);
  }

  /** How often another document comes, summed over shards. */
  private static int runs(List<List<String>> shards) {
    int runs = 0;
    for (List<String> prompts : shards) {
      String before = "";
      for (String prompt : prompts) {
        String document = prompt.replaceFirst(" question.*", "");
        runs += document.equals(before) ? 0 : 1;
        before = document;
      }
    }
    return runs;
  }

  @Test
  void givenRowsWithoutCommonBeginnings_theyKeepTheOrderOfTheInput(@TempDir Path folder)
      throws IOException {
    Path input = folder.resolve("in.jsonl");
    List<String> prompts = new ArrayList<>();
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      // What all begin with is no reason to move anything.
      String prompt = "The same for all. ".repeat(8) + (i * 37 % 100) + " and so on";
      prompts.add(prompt);
      lines.add("{\"prompt\":\"" + prompt + "\"}");
    }
    Files.write(input, lines);
    ArrangedJob job =
        ArrangedJob.arrange(input, folder.resolve("out"), new Arranging(true, true, false), 30);
    assertThat(job.prompts().stream().flatMap(List::stream)).containsExactlyElementsOf(prompts);
  }

  @Test
  void givenLongestFirst_aShardBeginsWithWhatTakesLongest(@TempDir Path folder) throws IOException {
    Path input = folder.resolve("in.jsonl");
    Files.write(
        input,
        List.of(
            "{\"prompt\":\"short\",\"max_tokens\":3}",
            "{\"prompt\":\"long\",\"max_tokens\":30}",
            "{\"prompt\":\"longest\",\"max_tokens\":20,\"n\":2}",
            "{\"prompt\":\"" + "prompt ".repeat(20) + "\",\"max_tokens\":1}"));
    ArrangedJob job =
        ArrangedJob.arrange(input, folder.resolve("out"), new Arranging(false, false, true), 0);
    assertThat(job.prompts().get(0).stream().map(p -> p.substring(0, 4)))
        .containsExactly("long", "prom", "long", "shor");
  }
}
