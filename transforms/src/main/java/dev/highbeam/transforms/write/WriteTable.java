// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.transforms.windowing.GlobalWindows;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;

/**
 * Writes rows as Parquet files in three steps: parts per bundle, files out of parts, cleaning up.
 * Each step begins when the one before is done everywhere. Without any row there is one file
 * without rows, so that readers find the columns.
 */
final class WriteTable extends PTransform<PCollection<GenericRecord>, PCollection<String>> {

  private static final long serialVersionUID = 1L;

  private final String folder;
  private final Table table;
  private final TreeMap<String, String> metadata;

  WriteTable(String folder, Table table, Map<String, String> metadata) {
    this.folder = folder;
    this.table = table;
    this.metadata = new TreeMap<>(metadata);
  }

  @Override
  public PCollection<String> expand(PCollection<GenericRecord> input) {
    PCollectionView<Iterable<PartFile>> parts =
        input
            .apply("AllTimes", Window.into(new GlobalWindows()))
            .apply("WriteParts", ParDo.of(new WritePartFn(folder, table)))
            .setCoder(SerializableCoder.of(PartFile.class))
            .apply("Parts", View.asIterable());
    List<Integer> indices = IntStream.range(0, MergePlan.MAX_FILES).boxed().toList();
    PCollectionView<Iterable<String>> files =
        input
            .getPipeline()
            .apply("FileIndices", Create.of(indices).withCoder(VarIntCoder.of()))
            .apply(
                "WriteFiles",
                ParDo.of(new MergeFn(folder, table, metadata, parts)).withSideInputs(parts))
            .setCoder(StringUtf8Coder.of())
            .apply("Files", View.asIterable());
    return input
        .getPipeline()
        .apply("Folder", Create.of(folder))
        .apply("CleanUp", ParDo.of(new CleanFn(files)).withSideInputs(files))
        .setCoder(StringUtf8Coder.of());
  }

  /** Removes what is no finished file, then tells the finished ones. */
  private static final class CleanFn extends DoFn<String, String> {

    private static final long serialVersionUID = 1L;

    private final PCollectionView<Iterable<String>> files;

    CleanFn(PCollectionView<Iterable<String>> files) {
      this.files = files;
    }

    @ProcessElement
    public void clean(ProcessContext context) throws IOException {
      List<String> finished = new ArrayList<>();
      context.sideInput(files).forEach(finished::add);
      Parts.clean(context.element(), finished);
      finished.stream().sorted().forEach(context::output);
    }
  }
}
