// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.InvalidSettingException;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.json.JsonFile;
import dev.highbeam.runtime.json.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What generation_config.json, if there is one, adds to a model: more tokens that end a sequence,
 * and the sampling that its makers recommend. The sampling is a layer like any other, laid under
 * what a user says, and only where the user asks for it.
 *
 * @param eosTokenIds tokens that end a sequence; none if the file is silent
 * @param sampling the settings that the file names
 */
public record GenerationConfig(List<Integer> eosTokenIds, Settings<SamplingSetting> sampling) {

  private static final long MAX_FILE_BYTES = 16L << 20;

  /** Keys of the file that have another name here, or the same. */
  private static final Map<String, SamplingSetting> SETTINGS =
      Map.of(
          "temperature", SamplingSetting.TEMPERATURE,
          "top_p", SamplingSetting.TOP_P,
          "top_k", SamplingSetting.TOP_K,
          "min_p", SamplingSetting.MIN_P,
          "repetition_penalty", SamplingSetting.REPETITION_PENALTY,
          "max_new_tokens", SamplingSetting.MAX_TOKENS);

  /**
   * Reads the generation_config.json of a model folder.
   *
   * @throws EngineException configuration if it is there and broken
   */
  static GenerationConfig read(Path folder, int vocabularySize) {
    Path file = folder.resolve("generation_config.json");
    if (!Files.exists(file)) {
      return new GenerationConfig(List.of(), Settings.none(SamplingSetting.class));
    }
    FileProblems.requireRegular(file);
    try {
      JsonValue json = JsonFile.read(file, MAX_FILE_BYTES);
      return new GenerationConfig(
          ConfigReader.tokenIds(json, "eos_token_id", -1, vocabularySize), sampling(json));
    } catch (IOException e) {
      throw FileProblems.asEngineException(file, e);
    } catch (InvalidSettingException e) {
      throw EngineException.configuration(file + ": " + e.getMessage(), e);
    }
  }

  private static Settings<SamplingSetting> sampling(JsonValue json) throws IOException {
    Settings<SamplingSetting> settings = Settings.none(SamplingSetting.class);
    for (Map.Entry<String, SamplingSetting> entry : SETTINGS.entrySet()) {
      Optional<JsonValue> value = json.member(entry.getKey());
      if (value.isPresent()) {
        settings = settings.with(entry.getValue(), value.get().number());
      }
    }
    // Only what is written counts: an absent do_sample leaves the temperature alone.
    if (!json.flagOr("do_sample", true)) {
      settings = settings.with(SamplingSetting.TEMPERATURE, 0);
    }
    return settings;
  }
}
