// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.FinishReason;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.Sample;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The committed demo model against the completions that its training script recorded. */
class DemoModelTest {

  private static final Path DEMO =
      Path.of(System.getProperty("highbeam.root", ".."), "examples", "demo");

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void givenRecordedPrompts_completesThemAlike(String device) throws Exception {
    JsonNode expected = new JsonMapper().readTree(DEMO.resolve("expected.json").toFile());
    EngineConfig config =
        EngineConfig.of(
            Settings.none(EngineSetting.class)
                .with(EngineSetting.MODEL, DEMO.resolve("model").toString())
                .with(EngineSetting.DEVICE, device)
                .with(EngineSetting.DTYPE, "float32")
                .with(EngineSetting.MAX_NUM_SEQS, 32));
    Settings<SamplingSetting> greedy =
        Settings.none(SamplingSetting.class)
            .with(SamplingSetting.TEMPERATURE, 0)
            .with(SamplingSetting.MAX_TOKENS, 64);
    try (RunningEngine engine = TestEngines.start(config);
        EngineClient client = engine.loop().connect()) {
      assertThat(expected.get("completions")).hasSize(20);
      for (JsonNode row : expected.get("completions")) {
        int[] prompt = ints(row.get("prompt_token_ids"));
        assertThat(engine.tokenizer().encode(row.get("prompt").asText(), Tokenizer.Specials.ADD))
            .isEqualTo(prompt);
        client.submit(Request.of("demo", prompt, SamplingParams.of(greedy).withSeed(0)));
        Outcome outcome = Objects.requireNonNull(client.poll(Duration.ofMinutes(2)));
        Sample sample = ((Outcome.Completion) outcome).samples().get(0);
        int[] tokens = Arrays.copyOf(sample.tokenIds().toArray(), sample.textTokenCount());

        assertThat(sample.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(tokens).isEqualTo(ints(row.get("token_ids")));
        assertThat(engine.tokenizer().decode(tokens, Tokenizer.SpecialText.SKIP))
            .isEqualTo(row.get("text").asText());
      }
    }
  }

  private static int[] ints(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }
}
