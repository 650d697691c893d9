// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.RejectionCode;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.schemas.ErrorCode;
import dev.highbeam.schemas.InferenceSchemas;
import dev.highbeam.schemas.RequestFields;
import dev.highbeam.transforms.rows.InputRecord;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.util.CoderUtils;
import org.junit.jupiter.api.Test;

/** What holds between requests, schemas and the engine's vocabulary. */
class InferenceRequestTest {

  private static final Settings<SamplingSetting> NONE = Settings.none(SamplingSetting.class);

  @Test
  void givenEverySettingSet_coderGivesTheRequestBack_equal() throws CoderException {
    Settings<SamplingSetting> all =
        NONE.with(SamplingSetting.N, 3)
            .with(SamplingSetting.TEMPERATURE, 0.1f)
            .with(SamplingSetting.TOP_P, 0.9f)
            .with(SamplingSetting.TOP_K, -1)
            .with(SamplingSetting.MIN_P, 0.05f)
            .with(SamplingSetting.SEED, Long.MIN_VALUE)
            .with(SamplingSetting.MAX_TOKENS, 4)
            .with(SamplingSetting.MIN_TOKENS, 2)
            .with(SamplingSetting.STOP, List.of("\n", "\u00e9"))
            .with(SamplingSetting.STOP_TOKEN_IDS, List.of(1, 2))
            .with(SamplingSetting.IGNORE_EOS, true)
            .with(SamplingSetting.INCLUDE_STOP_STR_IN_OUTPUT, true)
            .with(SamplingSetting.SKIP_SPECIAL_TOKENS, false)
            .with(SamplingSetting.LOGPROBS, 0)
            .with(SamplingSetting.PROMPT_LOGPROBS, 20)
            .with(SamplingSetting.REPETITION_PENALTY, 1.1f)
            .with(SamplingSetting.PRESENCE_PENALTY, -2f)
            .with(SamplingSetting.FREQUENCY_PENALTY, 2f)
            .with(SamplingSetting.LOGIT_BIAS, Map.of(12, -100f, 5, 0.3f))
            .with(
                SamplingSetting.REPETITION_DETECTION,
                Map.of("max_pattern_size", 9, "min_pattern_size", 2, "min_count", 4));
    assertThat(all.explicit()).hasSize(SamplingSetting.values().length);
    InputRecord origin = new InputRecord("a/b.jsonl", 9, new byte[] {1, 2, 0});
    InferenceRequest request = new InferenceRequest("id", "\uD83D\uDE00 text", all, origin);
    byte[] bytes = CoderUtils.encodeToByteArray(InferenceRequestCoder.of(), request);
    assertThat(CoderUtils.decodeFromByteArray(InferenceRequestCoder.of(), bytes))
        .isEqualTo(request);
  }

  @Test
  void givenSchemaOfSampling_hasAFieldPerSetting_andNoOther() {
    Schema sampling = InferenceSchemas.REQUEST.getField(RequestFields.SAMPLING).schema();
    assertThat(sampling.getFields().stream().map(Schema.Field::name))
        .containsExactlyElementsOf(
            Arrays.stream(SamplingSetting.values()).map(SamplingSetting::settingName).toList());
  }

  @Test
  void givenAnyCodeOfTheEngine_isAnErrorCode_ofTheSameName() {
    for (RejectionCode code : RejectionCode.values()) {
      assertThat(ErrorCode.valueOf(code.name()).name()).isEqualTo(code.name());
    }
  }

  @Test
  void givenSupportedSettings_noneIsListedAsUnsupported() {
    for (SamplingSetting setting : SamplingSetting.values()) {
      assertThat(RowParameters.UNSUPPORTED).doesNotContain(setting.settingName());
    }
  }

  @Test
  void givenFingerprint_dependsOnPromptAndParameters_notOnTheLayerThatSetThem() {
    SamplingParams defaults = SamplingParams.DEFAULTS;
    SamplingParams said = SamplingParams.of(NONE.with(SamplingSetting.TEMPERATURE, 1));
    SamplingParams other = SamplingParams.of(NONE.with(SamplingSetting.TEMPERATURE, 0));
    String fingerprint = Fingerprint.of("p", defaults);
    assertThat(fingerprint).hasSize(64).isEqualTo(Fingerprint.of("p", said));
    assertThat(fingerprint).isNotEqualTo(Fingerprint.of("q", defaults));
    assertThat(fingerprint).isNotEqualTo(Fingerprint.of("p", other));
    assertThat(Fingerprint.seed(1, fingerprint))
        .isEqualTo(Fingerprint.seed(1, fingerprint))
        .isNotEqualTo(Fingerprint.seed(2, fingerprint));
  }
}
