// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.InvalidSettingException;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.transforms.rows.Columns;
import dev.highbeam.transforms.rows.Failures;
import dev.highbeam.transforms.rows.InputRecord;
import java.io.Serializable;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.WithFailures;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.jspecify.annotations.Nullable;

/**
 * Makes requests of records: finds id and prompt in their columns, or fills a template, and lays
 * the row's sampling parameters over the job's. A record that is no request becomes a failure.
 *
 * <pre>{@code
 * var prepared = records.apply(Prepare.columns(survey.columns()).withSampling(jobSampling));
 * prepared.output()...   // InferenceRequest
 * prepared.failures()... // by the schema InferenceSchemas.FAILURE
 * }</pre>
 */
public final class Prepare
    extends PTransform<
        PCollection<InputRecord>,
        WithFailures.Result<PCollection<InferenceRequest>, GenericRecord>> {

  private static final long serialVersionUID = 1L;

  /** How records become requests. The sampling is the job's: options over generation_config. */
  record Options(
      String idColumn,
      String promptColumn,
      @Nullable String template,
      Settings<SamplingSetting> sampling,
      boolean rowParameters)
      implements Serializable {

    static final Options DEFAULTS =
        new Options("custom_id", "prompt", null, Settings.none(SamplingSetting.class), true);
  }

  private final Columns columns;
  private final Options options;

  private Prepare(Columns columns, Options options) {
    this.columns = columns;
    this.options = options;
  }

  /** Requests from records with these columns: id in custom_id, prompt in prompt. */
  public static Prepare columns(Columns columns) {
    return new Prepare(columns, Options.DEFAULTS);
  }

  /** The column whose value names the record; where it is missing, an id is made. */
  public Prepare withIdColumn(String name) {
    Options o = options;
    return with(new Options(name, o.promptColumn(), o.template(), o.sampling(), o.rowParameters()));
  }

  /**
   * The column whose text is the prompt.
   *
   * @throws InvalidSettingException if the input has columns but not this one
   */
  public Prepare withPromptColumn(String name) {
    if (columns.count() > 0 && columns.indexOf(name).isEmpty()) {
      throw new InvalidSettingException("prompt_column", name, "a column of the input");
    }
    Options o = options;
    return with(new Options(o.idColumn(), name, o.template(), o.sampling(), o.rowParameters()));
  }

  /**
   * A text with places like {@code {{column}}} that makes the prompt instead of a column.
   *
   * @throws InvalidSettingException if it is malformed or names a column that the input has not
   */
  public Prepare withTemplate(String template) {
    PromptTemplate.parse(template).checkAgainst(columns);
    Options o = options;
    return with(
        new Options(o.idColumn(), o.promptColumn(), template, o.sampling(), o.rowParameters()));
  }

  /** Sampling of all rows; a row's own parameters win over it. */
  public Prepare withSampling(Settings<SamplingSetting> sampling) {
    Options o = options;
    return with(
        new Options(o.idColumn(), o.promptColumn(), o.template(), sampling, o.rowParameters()));
  }

  /** Columns named like sampling parameters are data and nothing else. */
  public Prepare withoutRowParameters() {
    Options o = options;
    return with(new Options(o.idColumn(), o.promptColumn(), o.template(), o.sampling(), false));
  }

  @Override
  public WithFailures.Result<PCollection<InferenceRequest>, GenericRecord> expand(
      PCollection<InputRecord> input) {
    TupleTag<InferenceRequest> requests = new TupleTag<InferenceRequest>() {};
    TupleTag<GenericRecord> failures = new TupleTag<GenericRecord>() {};
    PrepareFn fn = new PrepareFn(preparer(), requests, failures);
    PCollectionTuple outputs =
        input.apply("Prepare", ParDo.of(fn).withOutputTags(requests, TupleTagList.of(failures)));
    return WithFailures.Result.of(
        outputs.get(requests).setCoder(InferenceRequestCoder.of()),
        outputs.get(failures).setCoder(Failures.coder()));
  }

  /** What does it, record by record. */
  RecordPreparer preparer() {
    return new RecordPreparer(columns, new RequestMaker(columns, options));
  }

  private Prepare with(Options changed) {
    return new Prepare(columns, changed);
  }

  /** One record in, one request or one failure out. */
  private static final class PrepareFn extends DoFn<InputRecord, InferenceRequest> {

    private static final long serialVersionUID = 1L;

    private final RecordPreparer preparer;
    private final TupleTag<InferenceRequest> requests;
    private final TupleTag<GenericRecord> failures;

    PrepareFn(
        RecordPreparer preparer,
        TupleTag<InferenceRequest> requests,
        TupleTag<GenericRecord> failures) {
      this.preparer = preparer;
      this.requests = requests;
      this.failures = failures;
    }

    @ProcessElement
    public void prepare(@Element InputRecord record, MultiOutputReceiver output) {
      RecordPreparer.Prepared prepared = preparer.prepare(record);
      if (prepared.request() != null) {
        output.get(requests).output(prepared.request());
      } else if (prepared.failure() != null) {
        output.get(failures).output(prepared.failure());
      }
    }
  }
}
