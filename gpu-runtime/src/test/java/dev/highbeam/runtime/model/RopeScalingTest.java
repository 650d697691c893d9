// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.highbeam.runtime.backend.RopeSpec;
import dev.highbeam.runtime.json.JsonFile;
import dev.highbeam.runtime.json.MalformedFileException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RopeScalingTest {

  private static final String LLAMA3 =
      "{'rope_theta':500000.0,'rope_scaling':{'rope_type':'llama3','factor':8.0,"
          + "'low_freq_factor':1.0,'high_freq_factor':4.0,"
          + "'original_max_position_embeddings':8192}}";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'rope_theta':10000}",
        "{}",
        "{'rope_scaling':null}",
        "{'rope_scaling':{'type':'default'}}",
        "{'rope_parameters':{'rope_theta':10000.0}}",
        "{'partial_rotary_factor':1.0}"
      })
  void givenNoScaling_read_givesPowersOfTheta(String json) throws MalformedFileException {
    RopeSpec rope = read(json, 8);

    // 10000^(-2i/8) = 10^-i.
    assertThat(rope.rotaryDim()).isEqualTo(8);
    assertThat(rope.amplitude()).isEqualTo(1);
    assertThat(rope.inverseFrequencies()).hasSize(4);
    for (int i = 0; i < 4; i++) {
      float expected = (float) Math.pow(10, -i);
      assertThat(rope.inverseFrequencies()[i]).isCloseTo(expected, within(Math.ulp(expected)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"type", "rope_type"})
  void givenLinearScaling_read_dividesAllFrequencies(String key) throws MalformedFileException {
    RopeSpec rope = read("{'rope_scaling':{'" + key + "':'linear','factor':4}}", 4);

    assertThat(rope.inverseFrequencies()[0]).isEqualTo(0.25f);
    assertThat(rope.inverseFrequencies()[1]).isCloseTo(0.0025f, within(1e-9f));
  }

  /** Expected values from the published formula, evaluated in Python with each step in f32. */
  @ParameterizedTest
  @CsvSource({
    "0, 1.0",
    "1, 0.8146172165870667",
    "28, 0.0032114461064338684",
    "29, 0.0021665706299245358",
    "32, 0.0005248460220173001",
    "34, 0.0001785077911335975",
    "35, 9.556212171446532e-05",
    "36, 7.784655463183299e-05",
    "63, 3.068925877869333e-07"
  })
  void givenLlama3Scaling_read_blendsBetweenShortAndLongWaves(int i, float expected)
      throws MalformedFileException {
    float[] frequencies = read(LLAMA3, 128).inverseFrequencies();

    assertThat(frequencies[i]).isCloseTo(expected, within(4 * Math.ulp(expected)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'rope_scaling':{'type':'yarn','factor':4}}|the rope type 'yarn'; supported are default",
        "{'rope_scaling':{'type':'dynamic','factor':4}}|the rope type 'dynamic'",
        "{'rope_scaling':{'type':'linear'}}|has no member \"factor\"",
        "{'rope_scaling':{'type':'linear','factor':0}}|must be from",
        "{'rope_scaling':{'type':'linear','factor':-1}}|must be from",
        "{'rope_scaling':{'rope_type':'llama3','factor':8}}|has no member \"low_freq_factor\"",
        "{'rope_scaling':{'partial_rotary_factor':0.25}}|a part of each head only",
        "{'rope_scaling':7}|must be an object",
      })
  void givenUnsupportedScaling_read_refusesByName(String json, String problem) {
    assertThatThrownBy(() -> read(json, 8))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining(problem);
  }

  @Test
  void givenLlama3WithoutABand_read_refuses() {
    assertThatThrownBy(
            () -> read(LLAMA3.replace("'high_freq_factor':4.0", "'high_freq_factor':1"), 8))
        .hasMessageContaining("high_freq_factor above its low_freq_factor");
  }

  private static RopeSpec read(String json, int headDim) throws MalformedFileException {
    byte[] bytes = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return RopeScaling.read(JsonFile.parse("config.json", bytes, 1 << 20), headDim, 2048);
  }
}
