// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import dev.highbeam.transforms.rows.Columns;
import dev.highbeam.transforms.rows.Failures;
import dev.highbeam.transforms.rows.InputRecord;
import dev.highbeam.transforms.rows.InputRecordCoder;
import java.util.List;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.WithFailures;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/**
 * Reads the splits of a {@link Survey}: every row becomes one record or one failure.
 *
 * <pre>{@code
 * Survey survey = Survey.of(List.of("prompts/"));
 * var read = pipeline.apply(ReadRecords.of(survey));
 * read.output()...   // InputRecord
 * read.failures()... // by the schema InferenceSchemas.FAILURE
 * }</pre>
 */
public final class ReadRecords
    extends PTransform<PBegin, WithFailures.Result<PCollection<InputRecord>, GenericRecord>> {

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
  public WithFailures.Result<PCollection<InputRecord>, GenericRecord> expand(PBegin input) {
    // Tags belong to this application of the transform: static ones would clash if it is used
    // twice.
    TupleTag<InputRecord> records = new TupleTag<InputRecord>() {};
    TupleTag<GenericRecord> failures = new TupleTag<GenericRecord>() {};
    PCollectionTuple outputs =
        input
            .apply("Splits", Create.of(splits).withCoder(SerializableCoder.of(InputSplit.class)))
            // Only the few small splits are shuffled, never rows: every worker gets its share.
            .apply("Spread", Reshuffle.viaRandomKey())
            .apply(
                "Read",
                ParDo.of(new ReadSplitFn(columns, records, failures))
                    .withOutputTags(records, TupleTagList.of(failures)));
    return WithFailures.Result.of(
        outputs.get(records).setCoder(InputRecordCoder.of()),
        outputs.get(failures).setCoder(Failures.coder()));
  }
}
