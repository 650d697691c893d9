// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class GenerationConfigTest {

  @TempDir Path folder;

  @Test
  void givenNoFile_read_setsNothing() {
    GenerationConfig config = GenerationConfig.read(folder, 100);

    assertThat(config.eosTokenIds()).isEmpty();
    assertThat(config.sampling()).isEqualTo(Settings.none(SamplingSetting.class));
  }

  @Test
  void givenAllKeys_read_mapsThemToSettings() throws IOException {
    GenerationConfig config =
        read(
            "{'do_sample':true,'temperature':0.6,'top_p':0.9,'top_k':20,'min_p':0.05,"
                + "'repetition_penalty':1.1,'max_new_tokens':64,'eos_token_id':[7,8],"
                + "'pad_token_id':0,'transformers_version':'4.40'}");

    assertThat(config.eosTokenIds()).containsExactly(7, 8);
    assertThat(config.sampling().explicit())
        .isEqualTo(
            Map.of(
                SamplingSetting.TEMPERATURE, 0.6f,
                SamplingSetting.TOP_P, 0.9f,
                SamplingSetting.TOP_K, 20,
                SamplingSetting.MIN_P, 0.05f,
                SamplingSetting.REPETITION_PENALTY, 1.1f,
                SamplingSetting.MAX_TOKENS, 64));
  }

  @Test
  void givenNoSampling_read_isGreedyWhateverTheTemperature() throws IOException {
    GenerationConfig config = read("{'do_sample':false,'temperature':0.7,'eos_token_id':3}");

    assertThat(config.sampling().explicit()).isEqualTo(Map.of(SamplingSetting.TEMPERATURE, 0.0f));
    assertThat(config.eosTokenIds()).isEqualTo(List.of(3));
  }

  @Test
  void givenZeros_read_keepsThemAsValues() throws IOException {
    GenerationConfig config = read("{'temperature':0,'top_k':0,'top_p':null}");

    assertThat(config.sampling().explicit())
        .isEqualTo(Map.of(SamplingSetting.TEMPERATURE, 0.0f, SamplingSetting.TOP_K, 0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'top_p':1.5}",
        "{'temperature':-1}",
        "{'temperature':'hot'}",
        "{'max_new_tokens':0}",
        "{'top_k':1.5}",
        "{'eos_token_id':100}",
        "{'do_sample':'no'}",
        "[]",
        "{'top_p':"
      })
  void givenBrokenFile_read_saysWhichFile(String json) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOfSatisfying(
            EngineException.class,
            e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.CONFIGURATION))
        .hasMessageContaining("generation_config.json");
  }

  private GenerationConfig read(String json) throws IOException {
    Files.writeString(folder.resolve("generation_config.json"), json.replace('\'', '"'));
    return GenerationConfig.read(folder, 100);
  }
}
