// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.shards.FileFacts;
import dev.highbeam.transforms.shards.ProgressFiles;
import dev.highbeam.transforms.shards.Shard;
import dev.highbeam.transforms.shards.WorkFolder;
import dev.highbeam.transforms.shards.WorkList;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.PCollectionView;

/** Writes {@code _DONE} once all shards are there, and removes the splits. */
final class WorkListDoneFn extends DoFn<String, String> {

  private static final long serialVersionUID = 1L;

  private final WorkFolder folder;
  private final WorkList header;
  private final PCollectionView<Iterable<ArrangedSplit>> arranged;
  private final PCollectionView<Iterable<Shard>> shards;

  WorkListDoneFn(
      WorkFolder folder,
      WorkList header,
      PCollectionView<Iterable<ArrangedSplit>> arranged,
      PCollectionView<Iterable<Shard>> shards) {
    this.folder = folder;
    this.header = header;
    this.arranged = arranged;
    this.shards = shards;
  }

  @ProcessElement
  public void done(ProcessContext context) throws IOException {
    List<ArrangedSplit> splits = new ArrayList<>();
    context.sideInput(arranged).forEach(splits::add);
    splits.sort(Comparator.comparingInt(ArrangedSplit::number));
    List<Shard> cut = new ArrayList<>();
    context.sideInput(shards).forEach(cut::add);
    cut.sort(Comparator.comparingInt(Shard::number));
    List<FileFacts> errors = new ArrayList<>();
    TreeMap<String, Long> byCode = new TreeMap<>();
    for (ArrangedSplit split : splits) {
      if (split.errors() != null) {
        errors.add(split.errors());
      }
      split.errorsByCode().forEach((code, count) -> byCode.merge(code, count, Long::sum));
    }
    header.with(cut, errors, byCode).write(folder);
    ProgressFiles.removeUncut(folder);
    context.output(folder.done().toString());
  }
}
