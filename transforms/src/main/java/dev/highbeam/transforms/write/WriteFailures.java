// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import java.nio.file.Path;
import java.util.Map;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PCollection;

/** Writes failures as Parquet files, by the rules of {@link WriteResults}. */
public final class WriteFailures
    extends PTransform<PCollection<GenericRecord>, PCollection<String>> {

  private static final long serialVersionUID = 1L;

  private final String folder;
  private final Map<String, String> metadata;

  private WriteFailures(String folder, Map<String, String> metadata) {
    this.folder = folder;
    this.metadata = metadata;
  }

  public static WriteFailures to(Path folder) {
    return new WriteFailures(folder.toAbsolutePath().normalize().toString(), Map.of());
  }

  /** Entries of every file's footer. */
  public WriteFailures withMetadata(Map<String, String> entries) {
    return new WriteFailures(folder, Map.copyOf(entries));
  }

  @Override
  public PCollection<String> expand(PCollection<GenericRecord> input) {
    return input.apply("Write", new WriteTable(folder, new FailureTable(), metadata));
  }
}
