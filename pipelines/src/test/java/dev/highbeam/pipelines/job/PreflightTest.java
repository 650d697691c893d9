// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.pipelines.options.JobSetting;
import dev.highbeam.pipelines.options.JobSettings;
import dev.highbeam.pipelines.options.UsageException;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.SamplingSetting;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PreflightTest {

  private final Preflight preflight =
      new Preflight(
          config -> {
            throw EngineException.configuration("there is no config.json in " + config.model());
          });

  @TempDir Path folder;

  private JobSettings complete() {
    return JobSettings.none()
        .with(EngineSetting.MODEL, "m")
        .with(JobSetting.INPUT, folder.toString())
        .with(JobSetting.OUTPUT, folder.resolve("out").toString());
  }

  private void refuses(JobSettings settings, String sentence) {
    assertThatThrownBy(() -> preflight.check(settings))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith(sentence);
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void givenMissingOptions_namesTheFirst() {
    refuses(JobSettings.none(), "--model is missing: name the folder of a model");
    refuses(JobSettings.none().with(EngineSetting.MODEL, "m"), "--input is missing");
    refuses(
        JobSettings.none().with(EngineSetting.MODEL, "m").with(JobSetting.INPUT, "x"),
        "--output is missing");
  }

  @Test
  void givenSettingsThatContradict_saysSo() {
    refuses(
        complete()
            .with(EngineSetting.MAX_NUM_SEQS, 64)
            .with(EngineSetting.MAX_NUM_BATCHED_TOKENS, 32),
        "max_num_batched_tokens must be at least max_num_seqs (64), was 32");
    refuses(
        complete().with(SamplingSetting.MIN_TOKENS, 5).with(SamplingSetting.MAX_TOKENS, 4),
        "min_tokens must be at most max_tokens (4), was 5");
  }

  @Test
  void givenInputThatIsNotThere_saysSo() {
    refuses(
        complete().with(JobSetting.INPUT, "/no/such.jsonl"),
        "--input: there is no file or folder /no/such.jsonl");
  }

  @Test
  void givenWrongModel_showsTheModelsSentence_andMakesNoFolder() {
    refuses(complete(), "--model: there is no config.json in m");
  }
}
