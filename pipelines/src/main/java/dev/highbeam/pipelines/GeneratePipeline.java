// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import dev.highbeam.pipelines.job.OutputFolder;
import dev.highbeam.pipelines.options.EffectiveConfig;
import dev.highbeam.pipelines.options.JobSetting;
import dev.highbeam.pipelines.options.JobSettings;
import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.engine.EngineProvider;
import dev.highbeam.transforms.Generate;
import dev.highbeam.transforms.Prepare;
import dev.highbeam.transforms.read.ReadRecords;
import dev.highbeam.transforms.read.Survey;
import dev.highbeam.transforms.write.WriteFailures;
import dev.highbeam.transforms.write.WriteResults;
import java.nio.file.Path;
import java.util.Map;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;

/**
 * The generate job as a pipeline: read, prepare, generate, write results; and what reading,
 * preparing and generating could not do, as one collection of failures, counted and written.
 *
 * @param settings the job's, resolved
 * @param survey of its input
 * @param provider where engines come from
 * @param job the name under which rows are counted
 */
record GeneratePipeline(JobSettings settings, Survey survey, EngineProvider provider, String job) {

  private static final String CONFIG_ENTRY = "highbeam.config";
  private static final String CONFIG_HASH_ENTRY = "highbeam.config_sha256";

  /**
   * Adds the job to a pipeline.
   *
   * @throws dev.highbeam.runtime.api.InvalidSettingException if a column that the settings name is
   *     not in the input
   */
  void addTo(Pipeline pipeline, Prepare prepare, Path output) {
    EffectiveConfig config = EffectiveConfig.of(settings.effective());
    Map<String, String> metadata =
        Map.of(CONFIG_ENTRY, config.json(), CONFIG_HASH_ENTRY, config.sha256());
    var read = pipeline.apply("Read", ReadRecords.of(survey));
    var prepared = read.output().apply("Prepare", prepare);
    Generate.Result generated = prepared.output().apply("Generate", generate());
    generated
        .getResults()
        .apply("Results", results(output.resolve(OutputFolder.RESULTS)).withMetadata(metadata));
    PCollection<GenericRecord> failures =
        PCollectionList.of(read.failures())
            .and(prepared.failures())
            .and(generated.getFailures())
            .apply("Failures", Flatten.pCollections())
            .setCoder(read.failures().getCoder());
    failures.apply("Count", FailureTally.counting(job));
    failures.apply(
        "Errors", WriteFailures.to(output.resolve(OutputFolder.ERRORS)).withMetadata(metadata));
  }

  /** How records become requests; refuses columns that the input does not have. */
  Prepare prepare() {
    Prepare prepare =
        Prepare.columns(survey.columns())
            .withIdColumn(settings.text(JobSetting.ID_COLUMN))
            .withSampling(settings.sampling());
    Object template = settings.get(JobSetting.PROMPT_TEMPLATE);
    prepare =
        template == null
            ? prepare.withPromptColumn(settings.text(JobSetting.PROMPT_COLUMN))
            : prepare.withTemplate((String) template);
    return settings.isOn(JobSetting.ROW_PARAMETERS) ? prepare : prepare.withoutRowParameters();
  }

  private Generate generate() {
    Generate generate =
        Generate.with(provider, EngineConfig.of(settings.engine()))
            .withColumns(survey.columns())
            .withSeed((Long) settings.job().require(JobSetting.SEED))
            .withJobName(job);
    return settings.isOn(JobSetting.OUTPUT_TOKEN_IDS) ? generate.withOutputTokenIds() : generate;
  }

  private WriteResults results(Path folder) {
    WriteResults write =
        WriteResults.to(folder, survey.columns())
            .withIdColumn(settings.text(JobSetting.ID_COLUMN))
            .withLogprobsIn(settings.sampling());
    return settings.isOn(JobSetting.OUTPUT_TOKEN_IDS) ? write.withOutputTokenIds() : write;
  }
}
