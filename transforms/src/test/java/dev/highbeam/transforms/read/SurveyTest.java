// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import dev.highbeam.runtime.api.InvalidSettingException;
import dev.highbeam.schemas.ErrorCode;
import dev.highbeam.transforms.rows.Column;
import dev.highbeam.transforms.rows.ColumnType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SurveyTest {

  @TempDir Path folder;

  @Test
  void givenThreeFormsOfOneText_rowsAndColumnsAreEqual_positionsToo() throws IOException {
    byte[] text = text(1200).getBytes(StandardCharsets.UTF_8);
    List<SourceRow> plain = rows("a.jsonl", text);
    assertThat(plain).hasSize(1200);
    assertThat(plain.get(1199).position()).isEqualTo(1200);
    assertThat(rows("b.jsonl.gz", Rows.gzip(text))).isEqualTo(plain);
    assertThat(rows("c.jsonl.zst", Zstd.compress(text))).isEqualTo(plain);
    // The first bytes tell the format, whatever the name says.
    assertThat(rows("d.jsonl", Rows.gzip(text))).isEqualTo(plain);
  }

  @Test
  void givenTwoGzipMembersAndZstdFrames_bothAreRead() throws IOException {
    byte[] one = "{\"a\":1}\n".getBytes(StandardCharsets.UTF_8);
    byte[] gzip = Rows.gzip(one);
    byte[] zstd = Zstd.compress(one);
    assertThat(rows("two.jsonl.gz", join(gzip, gzip))).hasSize(2);
    assertThat(rows("two.jsonl.zst", join(zstd, zstd))).hasSize(2);
  }

  @Test
  void givenTruncatedFiles_rowsBeforeAreRead_thenOneErrorAtThePlace() throws IOException {
    byte[] text = text(20_000).getBytes(StandardCharsets.UTF_8);
    byte[] gzip = Rows.gzip(text);
    byte[] zstd = Zstd.compress(text);
    for (String name : List.of("cut.jsonl.gz", "cut.jsonl.zst")) {
      byte[] whole = name.endsWith("gz") ? gzip : zstd;
      List<SourceRow> rows = rows(name, Arrays.copyOf(whole, whole.length / 4 * 3));
      int last = rows.size() - 1;
      assertThat(last).as(name).isBetween(1000, 19_999);
      SourceRow.Broken broken = (SourceRow.Broken) rows.get(last);
      assertThat(broken.code()).isEqualTo(ErrorCode.CORRUPT_INPUT);
      assertThat(broken.position()).isEqualTo(last + 1L);
      assertThat(rows.subList(0, last)).allMatch(row -> row instanceof SourceRow.Good);
    }
    assertThat(rows("no.jsonl.gz", "plain".getBytes(StandardCharsets.UTF_8))).hasSize(1);
  }

  @Test
  void givenBomb_isRefusedEarly_asOneError() throws IOException {
    SourceRow.Broken broken =
        Rows.onlyBroken(Rows.write(folder, "bomb.jsonl.gz", Rows.gzip(new byte[100 << 20])));
    assertThat(broken.code()).isEqualTo(ErrorCode.CORRUPT_INPUT);
    assertThat(broken.message()).contains("200 times");
  }

  @Test
  void givenValuesOfSeveralTypes_columnsWiden_nestedStaysJson() throws IOException {
    String lines =
        """
        {"w": 1, "d": 1, "t": "x", "b": true, "n": null, "j": [1], "m": 1, "z": 9}
        {"w": 2, "d": 1.5, "t": "y", "b": false, "m": "a", "late": 3}
        """;
    Survey survey =
        Rows.survey(Rows.write(folder, "w.jsonl", lines.getBytes(StandardCharsets.UTF_8)));
    assertThat(survey.columns().list())
        .containsExactly(
            Column.of("w", ColumnType.LONG),
            Column.of("d", ColumnType.DOUBLE),
            Column.of("t", ColumnType.TEXT),
            Column.of("b", ColumnType.BOOLEAN),
            Column.of("n", ColumnType.TEXT),
            Column.of("j", ColumnType.TEXT),
            Column.of("m", ColumnType.TEXT),
            Column.of("z", ColumnType.LONG),
            Column.of("late", ColumnType.LONG));
  }

  @Test
  void givenFolderAndGlob_findsDataFiles_sourcesAreRelative() throws IOException {
    byte[] row = "{\"a\":1}".getBytes(StandardCharsets.UTF_8);
    for (String name :
        List.of("x/b.jsonl", "x/y/c.jsonl", "x/notes.txt", "x/_SUCCESS", "x/.hidden.jsonl")) {
      Rows.write(folder, name, row);
    }
    Survey all = Rows.survey(folder.resolve("x"));
    assertThat(all.splits()).extracting(InputSplit::source).containsExactly("b.jsonl", "y/c.jsonl");
    assertThat(all.ignoredFiles()).containsExactly("notes.txt");
    Survey glob = Survey.of(List.of(folder + "/x/*/*.jsonl"));
    assertThat(glob.splits()).extracting(InputSplit::source).containsExactly("y/c.jsonl");
    // Two files of one name keep apart, and one file named twice is read once.
    Rows.write(folder, "z/b.jsonl", row);
    Survey two =
        Survey.of(List.of(folder + "/x/b.jsonl", folder + "/z/b.jsonl", folder + "/x/b.jsonl"));
    assertThat(two.splits())
        .extracting(InputSplit::source)
        .containsExactly(folder + "/x/b.jsonl", folder + "/z/b.jsonl");
  }

  @Test
  void givenInputThatMatchesNothing_orOtherFormat_isRefused_withItsName() throws IOException {
    assertThatThrownBy(() -> Survey.of(List.of(folder + "/none*.jsonl")))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessageContaining("none*.jsonl");
    Path csv = Files.writeString(folder.resolve("a.csv"), "a,b");
    assertThatThrownBy(() -> Rows.survey(csv)).hasMessageContaining("a.csv");
  }

  @Test
  void givenMoreColumnsThanAllowed_rowsThatBringThemAreRefused() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 4200; i++) {
      lines.append("{\"c").append(i).append("\":1}\n");
    }
    Path file = Files.writeString(folder.resolve("wide.jsonl"), lines);
    Survey survey = Rows.survey(file);
    assertThat(survey.columns().count()).isEqualTo(4096);
    assertThat(survey.brokenRowCount()).isEqualTo(104);
  }

  /** Whatever lies between lines: the rows of all splits are the rows of the whole. */
  @Property(tries = 300, seed = "2611")
  void givenAnyLinesAndSplitSize_splitsGiveTheRowsOfTheWhole(
      @ForAll("lines") List<String> lines, @ForAll @IntRange(min = 1, max = 7) int splitRows)
      throws IOException {
    Path folder = Files.createTempDirectory("splits");
    Path file = folder.resolve("in.jsonl");
    try {
      Files.writeString(file, String.join("\n", lines));
      Survey survey = Survey.of(List.of(file.toString()), splitRows);
      List<SourceRow> whole = Rows.of(InputSplit.wholeText(file, "in.jsonl", InputFormat.JSONL));
      assertThat(Rows.of(survey)).isEqualTo(whole);
      assertThat(survey.rowCount()).isEqualTo(whole.size());
      for (InputSplit split : survey.splits()) {
        assertThat(Rows.of(split)).hasSizeBetween(1, splitRows);
      }
    } finally {
      Files.delete(file);
      Files.delete(folder);
    }
  }

  @Provide
  Arbitrary<List<String>> lines() {
    return Arbitraries.of(
            "", " ", "\r", "{\"a\":1}", "{\"a\":\"\u00e9\"}\r", "bad", "{\"b\":[1]}", "[]")
        .list()
        .ofMaxSize(25);
  }

  private List<SourceRow> rows(String name, byte[] bytes) throws IOException {
    return Rows.of(Rows.survey(Rows.write(folder, name, bytes)));
  }

  private static String text(int rows) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < rows; i++) {
      lines.append("{\"prompt\": \"row ").append(i * 7919L % 10_007).append("\"}\n");
    }
    return lines.toString();
  }

  private static byte[] join(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
