// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ConfigFileTest {

  @Test
  void givenEverySettingWithFalsyValue_readsItAsSet() {
    for (Setting setting : SettingCatalog.all()) {
      String text = SettingSamples.text(setting);
      String yaml =
          setting.settingName()
              + ": "
              + (text.startsWith("[") || text.startsWith("{") ? text : "'" + text + "'");
      JobSettings read = ConfigFile.parse("job.yaml", yaml);
      assertThat(read.explicit())
          .as(yaml)
          .isEqualTo(Map.of(setting.settingName(), SettingSamples.value(setting)));
    }
  }

  @Test
  void givenPlainYamlTypes_readsThem() {
    JobSettings read =
        ConfigFile.parse(
            "job.yaml",
            "temperature: 0\nignore_eos: false\nseed: 0\nlogit_bias: {5: -100}\nstop: ['', b]\n"
                .replace("''", "a"));
    assertThat(read.sampling().explicit())
        .isEqualTo(
            Map.of(
                SamplingSetting.TEMPERATURE,
                0f,
                SamplingSetting.IGNORE_EOS,
                false,
                SamplingSetting.LOGIT_BIAS,
                Map.of(5, -100f),
                SamplingSetting.STOP,
                List.of("a", "b")));
    assertThat(read.job().explicit()).isEqualTo(Map.of(JobSetting.SEED, 0L));
  }

  @Test
  void givenKeyWithoutValueOrEmptyFile_isUnset() {
    assertThat(ConfigFile.parse("job.yaml", "max_tokens:\n").explicit()).isEmpty();
    assertThat(ConfigFile.parse("job.yaml", "# nothing\n").explicit()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "max_token: 5|job.yaml: unknown key 'max_token', did you mean 'max_tokens'?",
        "maxTokens: 5|job.yaml: unknown key 'maxTokens', did you mean 'max_tokens'?",
        "zebra: 5|job.yaml: unknown key 'zebra'",
        "temperature: -1|job.yaml: temperature must be a finite number from 0 to 100, was -1",
        "dtype: float61|job.yaml: dtype must be one of auto, bfloat16, float16, float32, was 'float61'",
        "[1, 2]|job.yaml: must be a map of settings such as 'max_tokens: 64'"
      })
  void givenMistake_saysWhatAndWhere(String yaml, String sentence) {
    assertThatThrownBy(() -> ConfigFile.parse("job.yaml", yaml))
        .isInstanceOf(UsageException.class)
        .hasMessage(sentence);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "max_tokens: 1\nmax_tokens: 2",
        "a: [1",
        "stop: !!java.io.File [x]",
        "input: !!javax.script.ScriptEngineManager [x]"
      })
  void givenRepeatedKeyBrokenTextOrForeignType_refusesTheFile(String yaml) {
    assertThatThrownBy(() -> ConfigFile.parse("job.yaml", yaml))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith("job.yaml")
        .hasMessageContaining("not valid YAML");
  }

  @Test
  void givenMissingOrHugeFile_saysSo(@TempDir Path folder) throws IOException {
    Path missing = folder.resolve("none.yaml");
    assertThatThrownBy(() -> ConfigFile.read(missing))
        .hasMessage("--config: there is no file " + missing);
    Path huge = folder.resolve("huge.yaml");
    Files.writeString(huge, "#".repeat((1 << 20) + 1));
    assertThatThrownBy(() -> ConfigFile.read(huge)).hasMessageContaining("larger than 1 MiB");
  }
}
