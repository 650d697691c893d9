// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import dev.highbeam.pipelines.options.JobSetting;
import dev.highbeam.pipelines.options.JobSettings;
import dev.highbeam.pipelines.options.UsageException;
import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.InvalidSettingException;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.Setting;
import dev.highbeam.runtime.engine.ModelSummary;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/**
 * The checks that need neither the model's weights nor the input's rows, in the order in which a
 * user would fix them. Whatever is wrong is one sentence in well under two seconds.
 */
public final class Preflight {

  /** Looks at the model's files without loading them; throws EngineException with the sentence. */
  @FunctionalInterface
  public interface ModelChecker {
    ModelSummary check(EngineConfig config);
  }

  /**
   * What passed.
   *
   * @param settings with the model's own sampling defaults below them, where asked for
   * @param folder the output folder, made but untouched
   */
  public record Checked(JobSettings settings, OutputFolder folder) {}

  private static final List<Setting> REQUIRED =
      List.of(EngineSetting.MODEL, JobSetting.INPUT, JobSetting.OUTPUT);

  private final ModelChecker models;

  public Preflight(ModelChecker models) {
    this.models = models;
  }

  /**
   * Checks the settings.
   *
   * @throws UsageException with the sentence for the user
   */
  public Checked check(JobSettings settings) {
    for (Setting setting : REQUIRED) {
      if (settings.get(setting) == null) {
        throw new UsageException("--" + setting.optionName() + " is missing: " + hint(setting));
      }
    }
    EngineConfig engine = resolve(settings);
    requireInput(settings.text(JobSetting.INPUT));
    OutputFolder folder =
        new OutputFolder(path(JobSetting.OUTPUT, settings.text(JobSetting.OUTPUT)));
    folder.requireFolder();
    if (settings.text(JobSetting.MODE).equals("fail")) {
      folder.requireUnused();
    }
    JobSettings resolved = withModelsDefaults(settings, engine);
    folder.prepare(); // Last: a mistake must not leave an empty folder behind.
    return new Checked(resolved, folder);
  }

  private JobSettings withModelsDefaults(JobSettings settings, EngineConfig engine) {
    try {
      ModelSummary model = models.check(engine);
      return settings.text(JobSetting.GENERATION_CONFIG).equals("model")
          ? settings.overSampling(model.recommendedSampling())
          : settings;
    } catch (EngineException e) {
      throw new UsageException("--model: " + e.getMessage(), e);
    }
  }

  private static EngineConfig resolve(JobSettings settings) {
    try {
      SamplingParams.of(settings.sampling());
      return EngineConfig.of(settings.engine());
    } catch (InvalidSettingException e) {
      throw new UsageException(String.valueOf(e.getMessage()), e);
    }
  }

  private static void requireInput(String input) {
    if (input.matches(".*[*?\\[{].*")) {
      return; // A glob: whether it matches is found when its files are listed.
    }
    Path path = path(JobSetting.INPUT, input);
    if (!Files.exists(path)) {
      throw new UsageException("--input: there is no file or folder " + input);
    }
    if (!Files.isReadable(path)) {
      throw new UsageException("--input: " + input + " is not readable");
    }
  }

  private static Path path(JobSetting setting, String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new UsageException("--" + setting.optionName() + ": " + e.getMessage(), e);
    }
  }

  private static String hint(Setting setting) {
    if (setting == EngineSetting.MODEL) {
      return "name the folder of a model with config.json, tokenizer.json and safetensors weights";
    }
    return setting == JobSetting.INPUT
        ? "name a file, a folder or a glob of records"
        : "name a folder for the results";
  }
}
