// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.schemas.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each kind of broken line, between two good ones, which it must not touch. */
class BrokenRowsTest {

  @TempDir Path folder;

  static Stream<Arguments> lines() {
    return Stream.of(
        bad("no JSON", "not json", ErrorCode.BAD_REQUEST),
        bad("an array", "[1]", ErrorCode.BAD_REQUEST),
        bad("a number", "17", ErrorCode.BAD_REQUEST),
        bad("null", "null", ErrorCode.BAD_REQUEST),
        bad("a cut object", "{\"prompt\": \"a", ErrorCode.BAD_REQUEST),
        bad("two objects", "{} {}", ErrorCode.BAD_REQUEST),
        bad("a trailing comma", "{\"a\": 1,}", ErrorCode.BAD_REQUEST),
        bad("single quotes", "{'a': 1}", ErrorCode.BAD_REQUEST),
        bad("NaN", "{\"a\": NaN}", ErrorCode.BAD_REQUEST),
        bad("a number beyond doubles", "{\"a\": 1e999}", ErrorCode.BAD_REQUEST),
        bad("one inside", "{\"a\": [{\"b\": -1e999}]}", ErrorCode.BAD_REQUEST),
        bad("400 digits", "{\"a\": " + "9".repeat(400) + "}", ErrorCode.BAD_REQUEST),
        bad("5000 digits", "{\"a\": 1." + "9".repeat(5000) + "}", ErrorCode.BAD_REQUEST),
        bad("65 levels", "{\"a\":" + "[".repeat(64) + "]".repeat(64) + "}", ErrorCode.BAD_REQUEST),
        bad("100,000 levels", "{\"a\":" + "[".repeat(100_000), ErrorCode.BAD_REQUEST),
        bad("a control character", "{\"a\": \"\u0001\"}", ErrorCode.BAD_REQUEST),
        bad("a lone high surrogate", "{\"a\": \"\\ud800\"}", ErrorCode.BAD_ENCODING),
        bad("a lone low surrogate", "{\"a\": [\"x\\udc00y\"]}", ErrorCode.BAD_ENCODING),
        bad("one in a name", "{\"\\ud800\": 1}", ErrorCode.BAD_ENCODING),
        bad("one in an inner name", "{\"a\": {\"\\ud800\": 1}}", ErrorCode.BAD_ENCODING),
        Arguments.of(
            "Latin-1",
            new byte[] {'{', '"', (byte) 0xe9, '"', ':', '1', '}'},
            ErrorCode.BAD_ENCODING),
        Arguments.of(
            "an overlong slash",
            new byte[] {'{', '"', (byte) 0xc0, (byte) 0xaf, '"'},
            ErrorCode.BAD_ENCODING),
        Arguments.of(
            "a surrogate in bytes",
            new byte[] {'"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"'},
            ErrorCode.BAD_ENCODING),
        Arguments.of("a line over 16 MB", new byte[(16 << 20) + 1], ErrorCode.BAD_REQUEST));
  }

  private static Arguments bad(String name, String line, ErrorCode code) {
    return Arguments.of(name, line.getBytes(StandardCharsets.UTF_8), code);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("lines")
  void givenBrokenLine_becomesOneErrorWithItsPosition_neighboursStay(
      String name, byte[] line, ErrorCode code) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes("{\"prompt\": \"before\"}\n\n".getBytes(StandardCharsets.UTF_8));
    bytes.writeBytes(line);
    bytes.writeBytes("\n{\"prompt\": \"after\"}".getBytes(StandardCharsets.UTF_8));
    Survey survey = Rows.survey(Rows.write(folder, "in.jsonl", bytes.toByteArray()));
    List<SourceRow> rows = Rows.of(survey);
    assertThat(rows).as(name).hasSize(3);
    assertThat(((SourceRow.Good) rows.get(0)).values()).containsEntry("prompt", "before");
    SourceRow.Broken broken = (SourceRow.Broken) rows.get(1);
    assertThat(broken.position()).isEqualTo(3);
    assertThat(broken.code()).isEqualTo(code);
    assertThat(broken.message()).isNotBlank();
    assertThat(rows.get(2).position()).isEqualTo(4);
    assertThat(((SourceRow.Good) rows.get(2)).values()).containsEntry("prompt", "after");
    assertThat(survey.rowCount()).isEqualTo(3);
    assertThat(survey.brokenRowCount()).isEqualTo(1);
  }

  @Test
  void givenBrokenText_errorHoldsTheLine_lossilyWhereItIsNoUtf8() throws IOException {
    byte[] latin = {'a', (byte) 0xe9, 'b'};
    assertThat(Rows.onlyBroken(Rows.write(folder, "l.jsonl", latin)).record())
        .isEqualTo("a\uFFFDb");
    byte[] text = "{oops}\r\n".getBytes(StandardCharsets.UTF_8);
    assertThat(Rows.onlyBroken(Rows.write(folder, "t.jsonl", text)).record()).isEqualTo("{oops}");
  }

  @Test
  void givenAcceptableOddities_areRowsLikeOthers_notErrors() throws IOException {
    String lines =
        String.join(
            "\n",
            "\uFEFF{\"a\": 1, \"a\": 2}\r",
            "\t{\"a\": \"\\ud83d\\ude00\", \"deep\": " + "[".repeat(63) + "]".repeat(63) + "} ",
            "{\"a\": 12345678901234567890, \"e\": 1e-999, \"\": null}");
    Survey survey =
        Rows.survey(Rows.write(folder, "odd.jsonl", lines.getBytes(StandardCharsets.UTF_8)));
    List<SourceRow> rows = Rows.of(survey);
    assertThat(rows).hasSize(3).allMatch(row -> row instanceof SourceRow.Good);
    // Of equal names the last one wins.
    assertThat(((SourceRow.Good) rows.get(0)).values()).containsEntry("a", 2L);
    assertThat(((SourceRow.Good) rows.get(1)).values()).containsEntry("a", "\uD83D\uDE00");
    assertThat(survey.brokenRowCount()).isZero();
  }
}
