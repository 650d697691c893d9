// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class JsonValueTest {
  private static final String DOCUMENT =
      """
      {"model": {"vocab": {"a": 1, "b": "x"}, "list": [true, 2.5, null], "none": null},
       "big": 3000000000}
      """;

  private final JsonValue root = parse(DOCUMENT);

  @Test
  void givenMembers_asked_giveTheirValues() throws IOException {
    JsonValue model = root.required("model");

    assertThat(model.required("list").elements().get(0).flag()).isTrue();
    assertThat(model.required("list").elements().get(1).number()).isEqualTo(2.5);
    assertThat(model.required("vocab").members()).hasSize(2);
    assertThat(model.required("vocab").members().get(1).getKey()).isEqualTo("b");
    assertThat(model.required("vocab").textOr("b", "y")).isEqualTo("x");
    assertThat(model.isObject()).isTrue();
    assertThat(model.required("list").isList()).isTrue();
    assertThat(model.required("vocab").required("b").isText()).isTrue();
  }

  @Test
  void givenAbsentOrNullMember_asked_countsAsAbsent() throws IOException {
    JsonValue model = root.required("model");

    assertThat(model.member("none")).isEmpty();
    assertThat(model.member("other")).isEmpty();
    assertThat(model.textOr("none", "y")).isEqualTo("y");
    assertThat(model.flagOr("none", true)).isTrue();
    assertMalformed(() -> model.required("none"), "f: model has no member \"none\"");
  }

  @Test
  void givenWrongKind_asked_namesPlaceAndWhatWasFound() throws IOException {
    JsonValue vocab = root.required("model").required("vocab");

    assertMalformed(
        () -> vocab.members().get(1).getValue().integer(0, 9),
        "f: model.vocab[\"b\"] must be a whole number from 0 to 9, was \"x\"");
    assertMalformed(
        () -> vocab.required("a").integer(2, 9),
        "f: model.vocab.a must be a whole number from 2 to 9, was 1");
    assertMalformed(
        () -> root.required("big").integer(0, Integer.MAX_VALUE),
        "f: big must be a whole number from 0 to 2147483647, was 3000000000");
    assertMalformed(
        () -> root.required("model").required("list").elements().get(1).text(),
        "f: model.list[1] must be a text, was 2.5");
    assertMalformed(() -> vocab.elements(), "f: model.vocab must be a list, was an object");
    assertMalformed(
        () -> root.required("model").required("list").members(),
        "f: model.list must be an object, was a list");
    assertMalformed(() -> root.flag(), "f: the document must be true or false, was an object");
    assertMalformed(() -> root.number(), "f: the document must be a number, was an object");
  }

  @Test
  void givenLongValues_shownInMessages_areCut() {
    JsonValue text = parse("\"" + "x".repeat(1000) + "\"");

    assertThatThrownBy(text::flag).message().hasSizeLessThan(150).contains("xxx...");
  }

  private static void assertMalformed(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(MalformedFileException.class).hasMessage(message);
  }

  private static JsonValue parse(String json) {
    try {
      return JsonFile.parse("f", json.getBytes(StandardCharsets.UTF_8), 10_000);
    } catch (MalformedFileException e) {
      throw new AssertionError(e);
    }
  }
}
