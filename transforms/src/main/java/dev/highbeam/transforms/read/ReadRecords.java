// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import dev.highbeam.transforms.rows.Columns;
import dev.highbeam.transforms.rows.Failures;
import dev.highbeam.transforms.rows.InputRecord;
import dev.highbeam.transforms.rows.InputRecordCoder;
import java.util.List;
import java.util.Map;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.PInput;
import org.apache.beam.sdk.values.POutput;
import org.apache.beam.sdk.values.PValue;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/**
 * Reads the splits of a {@link Survey}: every row becomes one record or one failure.
 *
 * <pre>{@code
 * Survey survey = Survey.of(List.of("prompts/"));
 * ReadRecords.Result read = pipeline.apply(ReadRecords.of(survey));
 * read.getRecords()...
 * }</pre>
 */
public final class ReadRecords extends PTransform<PBegin, ReadRecords.Result> {

  private static final long serialVersionUID = 1L;

  private final List<InputSplit> splits;
  private final Columns columns;

  private ReadRecords(List<InputSplit> splits, Columns columns) {
    this.splits = splits;
    this.columns = columns;
  }

  public static ReadRecords of(Survey survey) {
    return new ReadRecords(survey.splits(), survey.columns());
  }

  @Override
  public Result expand(PBegin input) {
    // Tags belong to this application of the transform: static ones would clash if it is used
    // twice.
    TupleTag<InputRecord> records = new TupleTag<InputRecord>() {};
    TupleTag<GenericRecord> failures = new TupleTag<GenericRecord>() {};
    PCollectionTuple outputs =
        input
            .apply(
                "Splits",
                Create.of(splits).withCoder(SerializableCoder.of(InputSplit.class)))
            // Only the few small splits are shuffled, never rows: every worker gets its share.
            .apply("Spread", Reshuffle.viaRandomKey())
            .apply(
                "Read",
                ParDo.of(new ReadSplitFn(columns, records, failures))
                    .withOutputTags(records, TupleTagList.of(failures)));
    return new Result(
        input.getPipeline(),
        records,
        outputs.get(records).setCoder(InputRecordCoder.of()),
        failures,
        outputs.get(failures).setCoder(Failures.coder()));
  }

  /** Records that can be used, and error rows for those that cannot. */
  public static final class Result implements POutput {

    private final Pipeline pipeline;
    private final TupleTag<InputRecord> recordsTag;
    private final PCollection<InputRecord> records;
    private final TupleTag<GenericRecord> failuresTag;
    private final PCollection<GenericRecord> failures;

    private Result(
        Pipeline pipeline,
        TupleTag<InputRecord> recordsTag,
        PCollection<InputRecord> records,
        TupleTag<GenericRecord> failuresTag,
        PCollection<GenericRecord> failures) {
      this.pipeline = pipeline;
      this.recordsTag = recordsTag;
      this.records = records;
      this.failuresTag = failuresTag;
      this.failures = failures;
    }

    public PCollection<InputRecord> getRecords() {
      return records;
    }

    /** Failures by the schema {@code InferenceSchemas.FAILURE}. */
    public PCollection<GenericRecord> getFailures() {
      return failures;
    }

    @Override
    public Pipeline getPipeline() {
      return pipeline;
    }

    @Override
    public Map<TupleTag<?>, PValue> expand() {
      return Map.of(recordsTag, records, failuresTag, failures);
    }

    @Override
    public void finishSpecifyingOutput(
        String transformName, PInput input, PTransform<?, ?> transform) {}
  }
}
