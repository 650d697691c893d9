// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.InvalidSettingException;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.schemas.ErrorCode;
import dev.highbeam.transforms.rows.BadRecordException;
import dev.highbeam.transforms.rows.ColumnCollector;
import dev.highbeam.transforms.rows.Columns;
import dev.highbeam.transforms.rows.InputRecord;
import dev.highbeam.transforms.rows.JsonReader;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Records to requests, one at a time, without a pipeline. */
class PrepareTest {

  private static final Settings<SamplingSetting> NONE = Settings.none(SamplingSetting.class);

  @Test
  void givenRowAndJobParameters_rowWins_nullInherits() throws BadRecordException {
    Settings<SamplingSetting> job =
        NONE.with(SamplingSetting.TEMPERATURE, 0.5)
            .with(SamplingSetting.TOP_K, 7)
            .with(SamplingSetting.MAX_TOKENS, 5);
    InferenceRequest request =
        request(
            options("prompt", null, job, true),
            "{\"prompt\":\"p\",\"temperature\":0,\"top_k\":null,\"stop\":[\"a\",\"b\"],"
                + "\"logit_bias\":{\"3\":1.5},\"sampling_params\":{\"max_tokens\":9,\"n\":2,"
                + "\"top_p\":null}}");
    assertThat(request.sampling().explicit())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                SamplingSetting.TEMPERATURE,
                0.0f,
                SamplingSetting.TOP_K,
                7,
                SamplingSetting.STOP,
                List.of("a", "b"),
                SamplingSetting.LOGIT_BIAS,
                Map.of(3, 1.5f),
                SamplingSetting.MAX_TOKENS,
                9,
                SamplingSetting.N,
                2));
  }

  @Test
  void givenColumnAndMemberOfTheSameName_columnWins_whateverTheOrder() throws BadRecordException {
    InferenceRequest request =
        request(
            Prepare.Options.DEFAULTS,
            "{\"seed\":1,\"prompt\":\"p\",\"sampling_params\":{\"seed\":2}}");
    assertThat(request.sampling().get(SamplingSetting.SEED)).isEqualTo(1L);
  }

  @Test
  void givenRowParametersOff_columnsAreData_nothingElse() throws BadRecordException {
    InferenceRequest request =
        request(
            options("prompt", null, NONE, false),
            "{\"prompt\":\"p\",\"temperature\":\"hot\",\"best_of\":3,\"sampling_params\":1}");
    assertThat(request.sampling()).isEqualTo(NONE);
  }

  static Stream<Arguments> badRows() {
    return Stream.of(
        Arguments.of("{\"x\":1}", ErrorCode.BAD_REQUEST, "no prompt"),
        Arguments.of("{\"prompt\":null}", ErrorCode.BAD_REQUEST, "no prompt"),
        Arguments.of("{\"prompt\":5}", ErrorCode.BAD_REQUEST, "must be a text"),
        Arguments.of("{\"prompt\":[\"a\"]}", ErrorCode.BAD_REQUEST, "must be a text"),
        Arguments.of("{\"prompt\":\"\"}", ErrorCode.EMPTY, "empty"),
        Arguments.of("{\"prompt\":\"p\",\"top_p\":2}", ErrorCode.BAD_REQUEST, "top_p must be"),
        Arguments.of("{\"prompt\":\"p\",\"n\":0}", ErrorCode.BAD_REQUEST, "n must be"),
        Arguments.of("{\"prompt\":\"p\",\"n\":1.5}", ErrorCode.BAD_REQUEST, "n must be"),
        Arguments.of("{\"prompt\":\"p\",\"seed\":1e30}", ErrorCode.BAD_REQUEST, "seed must be"),
        Arguments.of("{\"prompt\":\"p\",\"stop\":[null]}", ErrorCode.BAD_REQUEST, "stop must be"),
        Arguments.of(
            "{\"prompt\":\"p\",\"min_tokens\":3,\"max_tokens\":2}",
            ErrorCode.BAD_REQUEST,
            "min_tokens must be"),
        Arguments.of(
            "{\"prompt\":\"p\",\"sampling_params\":[1]}", ErrorCode.BAD_REQUEST, "an object"),
        Arguments.of(
            "{\"prompt\":\"p\",\"sampling_params\":{\"temprature\":1}}",
            ErrorCode.UNSUPPORTED_PARAMETER,
            "sampling_params.temprature"),
        Arguments.of(
            "{\"prompt\":\"p\",\"response_format\":{}}",
            ErrorCode.UNSUPPORTED_PARAMETER,
            "response_format"));
  }

  @ParameterizedTest
  @MethodSource("badRows")
  void givenBadRow_refusesIt_withCodeAndSentence(String row, ErrorCode code, String words) {
    assertThatThrownBy(() -> request(Prepare.Options.DEFAULTS, row))
        .isInstanceOfSatisfying(BadRecordException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(words);
  }

  @Test
  void givenNullUnsupportedParameter_isNoRequestForIt_rowGoesOn() throws BadRecordException {
    assertThat(request(Prepare.Options.DEFAULTS, "{\"prompt\":\"p\",\"best_of\":null}").prompt())
        .isEqualTo("p");
  }

  @Test
  void givenTemplate_fillsColumns_textAsIsOthersAsJson() throws BadRecordException {
    Prepare.Options options = options("prompt", "{{ q }}? {{n2}}/{{list}} {x}", NONE, true);
    assertThat(request(options, "{\"q\":\"a {{n2}}\",\"n2\":4,\"list\":[1, \"b\"]}").prompt())
        .isEqualTo("a {{n2}}? 4/[1, \"b\"] {x}");
    assertThatThrownBy(() -> request(options, "{\"q\":null,\"n2\":4,\"list\":[]}"))
        .isInstanceOfSatisfying(
            BadRecordException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TEMPLATE))
        .hasMessageContaining("column q");
  }

  @Test
  void givenTemplateOrPromptColumnThatNoRowHas_configurationIsRefused_atOnce()
      throws BadRecordException {
    Columns columns = columns("{\"text\":\"a\"}");
    Prepare prepare = Prepare.columns(columns);
    assertThatThrownBy(() -> prepare.withTemplate("{{txt}}"))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessageContaining("txt")
        .hasMessageContaining("text");
    assertThatThrownBy(() -> prepare.withTemplate("{{text"))
        .isInstanceOf(InvalidSettingException.class);
    assertThatThrownBy(() -> prepare.withPromptColumn("txt"))
        .isInstanceOf(InvalidSettingException.class);
    assertThat(prepare.withPromptColumn("text").withTemplate("{{text}}")).isNotNull();
  }

  @Test
  void givenIdsOfSeveralTypes_becomeTexts_missingOnesAreMade() throws BadRecordException {
    assertThat(request(Prepare.Options.DEFAULTS, "{\"prompt\":\"p\",\"custom_id\":\"a\"}"))
        .extracting(InferenceRequest::customId)
        .isEqualTo("a");
    assertThat(request(Prepare.Options.DEFAULTS, "{\"prompt\":\"p\",\"custom_id\":17}"))
        .extracting(InferenceRequest::customId)
        .isEqualTo("17");
    assertThat(request(Prepare.Options.DEFAULTS, "{\"prompt\":\"p\",\"custom_id\":null}"))
        .extracting(InferenceRequest::customId)
        .isEqualTo("f.jsonl:3");
  }

  private static Prepare.Options options(
      String promptColumn, String template, Settings<SamplingSetting> job, boolean rowParameters) {
    return new Prepare.Options("custom_id", promptColumn, template, job, rowParameters);
  }

  private static Columns columns(String row) throws BadRecordException {
    ColumnCollector collector = new ColumnCollector();
    collector.addRow(JsonReader.readRow(row));
    return collector.columns();
  }

  /** The request of one row, in an input in which a text also stood in the prompt's column. */
  private static InferenceRequest request(Prepare.Options options, String json)
      throws BadRecordException {
    ColumnCollector collector = new ColumnCollector();
    collector.addRow(JsonReader.readRow(json));
    collector.addRow(JsonReader.readRow("{\"prompt\":\"x\"}"));
    Columns columns = collector.columns();
    byte[] bytes = columns.encode(columns.arrange(JsonReader.readRow(json)));
    InputRecord record = new InputRecord("f.jsonl", 3, bytes);
    return new RequestMaker(columns, options).request(record, columns.decode(bytes));
  }
}
