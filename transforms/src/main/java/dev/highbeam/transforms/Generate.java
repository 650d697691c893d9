// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.engine.EngineProvider;
import dev.highbeam.runtime.engine.SharedEngines;
import dev.highbeam.schemas.InferenceSchemas;
import dev.highbeam.transforms.rows.Columns;
import dev.highbeam.transforms.rows.Failures;
import java.io.Serializable;
import java.util.Map;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.extensions.avro.coders.AvroGenericCoder;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.util.SerializableUtils;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.PInput;
import org.apache.beam.sdk.values.POutput;
import org.apache.beam.sdk.values.PValue;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/**
 * Completes prompts with a language model that runs in the workers' own processes.
 *
 * <pre>{@code
 * Generate.Result generated = requests.apply(Generate.of("/models/my-model"));
 * generated.getResults()...  // by the schema InferenceSchemas.RESULT
 * generated.getFailures()... // by the schema InferenceSchemas.FAILURE
 * }</pre>
 *
 * <p>Every request ends in its n results or in one failure. Requests of many bundles share the
 * engine's steps; rows leave in the order in which they finish, each with the timestamp and the
 * window of its request. Equal requests give equal rows. In front of it, on the Direct runner, no
 * reshuffle by random keys: it makes bundles of one.
 */
public final class Generate extends PTransform<PCollection<InferenceRequest>, Generate.Result> {

  private static final long serialVersionUID = 1L;

  /**
   * What a user may choose beside the engine.
   *
   * @param inflight sequences per DoFn instance with the engine; 0 is twice the engine's most
   */
  record Options(Columns columns, long seed, boolean outputTokenIds, int inflight, String job)
      implements Serializable {}

  private final EngineProvider provider;
  private final EngineConfig config;
  private final Options options;

  private Generate(EngineProvider provider, EngineConfig config, Options options) {
    this.provider = provider;
    this.config = config;
    this.options = options;
  }

  /**
   * Completions by a model, on a usable GPU of the worker or else on its processors.
   *
   * @param model folder of the model, under the same path on every worker
   */
  public static Generate of(String model) {
    Settings<EngineSetting> settings = Settings.none(EngineSetting.class);
    return with(SharedEngines::acquire, EngineConfig.of(settings.with(EngineSetting.MODEL, model)));
  }

  /**
   * Completions by the engine of a configuration.
   *
   * @param provider a static method reference: it travels to the workers
   */
  public static Generate with(EngineProvider provider, EngineConfig config) {
    SerializableUtils.ensureSerializable(provider);
    return new Generate(provider, config, new Options(Columns.NONE, 0, false, 0, ""));
  }

  /** The columns that requests carry; a failure shows them as its record. */
  public Generate withColumns(Columns columns) {
    Options o = options;
    return with(new Options(columns, o.seed(), o.outputTokenIds(), o.inflight(), o.job()));
  }

  /** The seed from which requests that name none derive theirs; 0 if it is not set. */
  public Generate withSeed(long seed) {
    Options o = options;
    return with(new Options(o.columns(), seed, o.outputTokenIds(), o.inflight(), o.job()));
  }

  /** Fills the column token_ids. */
  public Generate withOutputTokenIds() {
    Options o = options;
    return with(new Options(o.columns(), o.seed(), true, o.inflight(), o.job()));
  }

  /**
   * Most sequences, n of a request, that one DoFn instance has with the engine; by default twice
   * max_num_seqs. KV pages bound them too.
   */
  public Generate withMaxInflight(int sequences) {
    Checks.checkArgument(sequences > 0, "max inflight must be positive, was %s", sequences);
    Options o = options;
    return with(new Options(o.columns(), o.seed(), o.outputTokenIds(), sequences, o.job()));
  }

  /** The name under which {@link JobProgress} counts. */
  public Generate withJobName(String job) {
    Options o = options;
    return with(new Options(o.columns(), o.seed(), o.outputTokenIds(), o.inflight(), job));
  }

  @Override
  public Result expand(PCollection<InferenceRequest> input) {
    // Tags belong to this application of the transform: static ones would clash if it is used
    // twice.
    TupleTag<GenericRecord> results = new TupleTag<GenericRecord>() {};
    TupleTag<GenericRecord> failures = new TupleTag<GenericRecord>() {};
    GenerateFn fn = new GenerateFn(provider, config, options, results, failures);
    PCollectionTuple outputs =
        input.apply("Infer", ParDo.of(fn).withOutputTags(results, TupleTagList.of(failures)));
    return new Result(
        input.getPipeline(),
        results,
        outputs.get(results).setCoder(AvroGenericCoder.of(InferenceSchemas.RESULT)),
        failures,
        outputs.get(failures).setCoder(Failures.coder()));
  }

  EngineProvider provider() {
    return provider;
  }

  EngineConfig config() {
    return config;
  }

  Options options() {
    return options;
  }

  private Generate with(Options changed) {
    return new Generate(provider, config, changed);
  }

  /** Results, and failures of requests that could not be completed. */
  public static final class Result implements POutput {

    private final Pipeline pipeline;
    private final TupleTag<GenericRecord> resultsTag;
    private final PCollection<GenericRecord> results;
    private final TupleTag<GenericRecord> failuresTag;
    private final PCollection<GenericRecord> failures;

    private Result(
        Pipeline pipeline,
        TupleTag<GenericRecord> resultsTag,
        PCollection<GenericRecord> results,
        TupleTag<GenericRecord> failuresTag,
        PCollection<GenericRecord> failures) {
      this.pipeline = pipeline;
      this.resultsTag = resultsTag;
      this.results = results;
      this.failuresTag = failuresTag;
      this.failures = failures;
    }

    /** One row per sample, by the schema {@code InferenceSchemas.RESULT}. */
    public PCollection<GenericRecord> getResults() {
      return results;
    }

    /** One row per request that has no result, by the schema {@code InferenceSchemas.FAILURE}. */
    public PCollection<GenericRecord> getFailures() {
      return failures;
    }

    @Override
    public Pipeline getPipeline() {
      return pipeline;
    }

    @Override
    public Map<TupleTag<?>, PValue> expand() {
      return Map.of(resultsTag, results, failuresTag, failures);
    }

    @Override
    public void finishSpecifyingOutput(
        String transformName, PInput input, PTransform<?, ?> transform) {}
  }
}
