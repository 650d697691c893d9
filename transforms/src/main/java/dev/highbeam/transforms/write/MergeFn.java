// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import dev.highbeam.schemas.ResultFields;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.PCollectionView;
import org.apache.parquet.hadoop.ParquetWriter;

/**
 * Writes the i-th Parquet file of the plan that all parts give, and names it. A second run of the
 * same i replaces the file by one with the same rows.
 */
final class MergeFn extends DoFn<Integer, String> {

  private static final long serialVersionUID = 1L;

  private static final String PREFIX = "highbeam.";

  private static final List<String> PROVENANCE =
      List.of(ResultFields.MODEL, ResultFields.MODEL_FINGERPRINT);

  private final String folder;
  private final Table table;
  private final TreeMap<String, String> metadata;
  private final PCollectionView<Iterable<PartFile>> parts;

  MergeFn(
      String folder,
      Table table,
      Map<String, String> metadata,
      PCollectionView<Iterable<PartFile>> parts) {
    this.folder = folder;
    this.table = table;
    this.metadata = new TreeMap<>(metadata);
    this.parts = parts;
  }

  @ProcessElement
  public void merge(ProcessContext context) throws IOException {
    int index = context.element();
    List<List<PartFile>> plan = MergePlan.of(context.sideInput(parts));
    if (index >= plan.size()) {
      return;
    }
    Path unfinished = Parts.unfinished(folder);
    write(plan.get(index), unfinished);
    Path finished = Parts.finished(folder, index);
    Files.move(
        unfinished, finished, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    context.output(finished.toString());
  }

  private void write(List<PartFile> files, Path target) throws IOException {
    Table.Layout layout = table.layout();
    try (ParquetWriter<GenericRecord> writer =
        ParquetOutput.rows(target, layout.schema(), metadata(files))) {
      for (PartFile part : files) {
        try (DataFileReader<GenericRecord> rows = open(part)) {
          while (rows.hasNext()) {
            writer.write(layout.row(rows.next()));
          }
        }
      }
    }
  }

  /**
   * What the launcher says of the job, what the first row says of the model, and the numerics ids
   * of all rows, joined by {@code +}.
   */
  private Map<String, String> metadata(List<PartFile> files) throws IOException {
    Map<String, String> all = new HashMap<>(metadata);
    if (!files.isEmpty()) {
      try (DataFileReader<GenericRecord> rows = open(files.get(0))) {
        GenericRecord first = rows.next();
        for (String field : PROVENANCE) {
          if (first.hasField(field)) {
            all.put(PREFIX + field, (String) first.get(field));
          }
        }
      }
    }
    String numericsIds = PartFile.numericsIds(files);
    if (!numericsIds.isEmpty()) {
      all.put(PREFIX + ResultFields.NUMERICS_ID, numericsIds);
    }
    return all;
  }

  private DataFileReader<GenericRecord> open(PartFile part) throws IOException {
    return new DataFileReader<>(
        new File(part.path()), new GenericDatumReader<>(table.partSchema(), table.partSchema()));
  }
}
