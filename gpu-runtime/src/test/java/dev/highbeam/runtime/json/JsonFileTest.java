// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonFileTest {
  @TempDir Path folder;

  @Test
  void givenFile_read_givesItsValues() throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(file, "{\"layers\": 12, \"name\": \"süß\"}");

    JsonValue root = JsonFile.read(file, 1000);

    assertThat(root.required("layers").integer(1, 100)).isEqualTo(12);
    assertThat(root.required("name").text()).isEqualTo("süß");
    assertThat(root.fileName()).isEqualTo(file.toString());
  }

  @Test
  void givenFileOverTheLimit_read_namesBothSizes() throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(file, "{\"a\":1}");

    assertThat(JsonFile.read(file, 7).required("a").integer(1, 1)).isEqualTo(1);
    assertThatThrownBy(() -> JsonFile.read(file, 6))
        .isInstanceOf(MalformedFileException.class)
        .hasMessage(file + ": has 7 bytes, at most 6 are accepted");
  }

  @Test
  void givenNoFile_read_throwsWhatTheFileSystemSays() {
    assertThatThrownBy(() -> JsonFile.read(folder.resolve("absent.json"), 10))
        .isInstanceOf(NoSuchFileException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"decoder\":[}}} | f: is not valid JSON (line 1, column 13): Unexpected close marker",
        "{\"a\":1,\"a\":2}  | f: is not valid JSON (line 1, column 12): Duplicate field 'a'",
        "{} {}              | f: is not valid JSON (line 1, column 4): Trailing token",
        "[1, 2              | f: is not valid JSON (line 1, column 6): Unexpected end-of-input:"
            + " expected close marker for Array",
        "` `                | f: is empty where a JSON document must be",
      })
  void givenBrokenText_parse_saysWhatAndWhere(String text, String message) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);

    assertThatThrownBy(() -> JsonFile.parse("f", bytes, 1000))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageStartingWith(message)
        .hasMessageNotContaining("`")
        .message()
        .doesNotContain("\n");
  }

  @Test
  void givenNestingAtTheLimit_parse_acceptsItAndRefusesOneMore() throws IOException {
    byte[] deep = ("[".repeat(64) + "]".repeat(64)).getBytes(StandardCharsets.UTF_8);
    byte[] deeper = ("[".repeat(65) + "]".repeat(65)).getBytes(StandardCharsets.UTF_8);

    assertThat(JsonFile.parse("f", deep, 1000).elements()).hasSize(1);
    assertThatThrownBy(() -> JsonFile.parse("f", deeper, 1000))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageStartingWith("f: breaks a limit: Document nesting depth (65)");
  }

  @Test
  void givenBytesThatAreNotUtf8_parse_throwsMalformed() {
    byte[] bytes = {'"', (byte) 0xC3, '(', '"'};

    assertThatThrownBy(() -> JsonFile.parse("f", bytes, 1000))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageStartingWith("f: is not valid JSON");
  }

  @Test
  void givenEnormousNames_parse_keepsTheMessageShort() {
    byte[] bytes = ("{" + "x".repeat(100_000)).getBytes(StandardCharsets.UTF_8);

    assertThatThrownBy(() -> JsonFile.parse("f", bytes, 1_000_000))
        .isInstanceOf(MalformedFileException.class)
        .message()
        .hasSizeLessThan(300);
  }
}
