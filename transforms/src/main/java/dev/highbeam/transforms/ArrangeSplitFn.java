// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.schemas.FailureFields;
import dev.highbeam.schemas.InferenceSchemas;
import dev.highbeam.transforms.read.InputSplit;
import dev.highbeam.transforms.read.SplitRows;
import dev.highbeam.transforms.rows.Columns;
import dev.highbeam.transforms.rows.InputRecord;
import dev.highbeam.transforms.shards.AvroRowWriter;
import dev.highbeam.transforms.shards.FileFacts;
import dev.highbeam.transforms.shards.WorkFolder;
import dev.highbeam.transforms.write.ShardFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.TupleTag;
import org.jspecify.annotations.Nullable;

/**
 * Reads and prepares one split; its requests go to files, what is none to another, and the keys of
 * the requests to whoever decides about their places.
 */
final class ArrangeSplitFn extends DoFn<KV<Integer, InputSplit>, ArrangedSplit> {

  static final TupleTag<ArrangedSplit> ARRANGED = new TupleTag<>("arranged");
  static final TupleTag<byte[]> KEYS = new TupleTag<>("keys");

  /** Moves that need no keys, by the number of their split. */
  static final TupleTag<KV<Integer, byte[]>> MOVES = new TupleTag<>("moves");

  private static final long serialVersionUID = 1L;

  private final WorkFolder folder;
  private final Columns columns;
  private final RecordPreparer preparer;
  private final ShardFiles files;
  private final Arranging arranging;
  private final String job;

  ArrangeSplitFn(
      WorkFolder folder,
      Columns columns,
      RecordPreparer preparer,
      ShardFiles files,
      Arranging arranging,
      String job) {
    this.folder = folder;
    this.columns = columns;
    this.preparer = preparer;
    this.files = files;
    this.arranging = arranging;
    this.job = job;
  }

  @ProcessElement
  public void arrange(@Element KV<Integer, InputSplit> split, MultiOutputReceiver output)
      throws IOException {
    int number = split.getKey();
    KeyCollector keys =
        new KeyCollector(
            number,
            arranging,
            block -> output.get(KEYS).output(block),
            block -> output.get(MOVES).output(KV.of(number, block)));
    TreeMap<String, Long> byCode = new TreeMap<>();
    Path errorFile = folder.splitErrors(number);
    try (RequestFiles requests = new RequestFiles(folder, number)) {
      // Written even if there are none: only reading tells, and rows are read once.
      FileFacts errors =
          files.writeErrors(
              errorFile,
              rows ->
                  SplitRows.read(split.getValue(), columns, sorter(requests, keys, byCode, rows)));
      if (errors.rows() == 0) {
        Files.delete(errorFile);
        errors = null;
      }
      keys.flush();
      output.get(ARRANGED).output(new ArrangedSplit(number, requests.commit(), errors, byCode));
    }
  }

  private SplitRows.Receiver sorter(
      RequestFiles requests,
      KeyCollector keys,
      Map<String, Long> byCode,
      ShardFiles.Receiver errors) {
    return new SplitRows.Receiver() {
      @Override
      public void record(InputRecord record) throws IOException {
        RecordPreparer.Prepared prepared = preparer.prepare(record);
        InferenceRequest request = prepared.request();
        if (request != null) {
          requests.append(InferenceRequestCoder.toRecord(request));
          if (arranging.needsKeys()) {
            keys.add(request);
          }
        } else if (prepared.failure() != null) {
          failure(prepared.failure());
        }
      }

      @Override
      public void failure(GenericRecord failure) throws IOException {
        String code = (String) failure.get(FailureFields.CODE);
        byCode.merge(code, 1L, Long::sum);
        JobProgress.of(job).refused(code);
        Metrics.counter("highbeam", "errors_" + code).inc();
        errors.row(failure);
      }
    };
  }

  /** The requests of one split, in files small enough that a shard finds its own quickly. */
  private static final class RequestFiles implements AutoCloseable {

    private final WorkFolder folder;
    private final int split;
    private final ArrayList<FileFacts> complete = new ArrayList<>();
    private @Nullable AvroRowWriter open;
    private int inOpen;

    RequestFiles(WorkFolder folder, int split) {
      this.folder = folder;
      this.split = split;
    }

    void append(GenericRecord request) throws IOException {
      AvroRowWriter writer = open;
      if (writer == null) {
        writer = AvroRowWriter.open(folder.split(split, complete.size()), InferenceSchemas.REQUEST);
        open = writer;
        inOpen = 0;
      }
      writer.append(request);
      if (++inOpen == ShardPlan.MAX_REQUESTS) {
        commit();
      }
    }

    List<FileFacts> commit() throws IOException {
      AvroRowWriter writer = open;
      if (writer != null) {
        complete.add(writer.commit());
        open = null;
      }
      return complete;
    }

    @Override
    public void close() {
      AvroRowWriter writer = open;
      if (writer != null) {
        writer.close();
      }
    }
  }
}
