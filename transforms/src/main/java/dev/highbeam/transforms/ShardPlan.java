// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.shards.FileFacts;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Cuts the requests of all splits into shards of about equal size. Pure functions of the splits, so
 * that a second attempt makes the same shards.
 */
final class ShardPlan {

  /** A shard is what a crash can cost, and what a worker holds in memory until it is complete. */
  static final long MAX_REQUESTS = 2000;

  /** Below it the files would cost more than an idle worker at the end. */
  static final long MIN_REQUESTS = 32;

  /** A worker's last shard is what the others wait for. */
  static final long SHARDS_PER_WORKER = 16;

  private static final long MAX_BYTES = 16L << 20;

  private ShardPlan() {}

  /**
   * The shards.
   *
   * @param asked requests per shard, 0 for what suits
   */
  static List<ShardCut> of(Iterable<ArrangedSplit> arranged, int workers, int asked) {
    List<ArrangedSplit> splits = new ArrayList<>();
    arranged.forEach(splits::add);
    // The place of everything that groups or sorts requests: today they keep the input's order.
    splits.sort(Comparator.comparingInt(ArrangedSplit::number));
    List<FileFacts> files = splits.stream().flatMap(split -> split.requests().stream()).toList();
    long total = files.stream().mapToLong(FileFacts::rows).sum();
    long bytes = files.stream().mapToLong(FileFacts::bytes).sum();
    long size = asked > 0 ? asked : size(total, bytes, workers);
    long count = (total + size - 1) / size;
    List<ShardCut> cuts = new ArrayList<>();
    for (int shard = 0; shard < count; shard++) {
      // Multiplied first, so that sizes differ by one at most.
      cuts.add(
          new ShardCut(shard, slices(files, total * shard / count, total * (shard + 1) / count)));
    }
    return cuts;
  }

  static long size(long total, long bytes, int workers) {
    long size = total / (SHARDS_PER_WORKER * workers);
    size = Math.min(MAX_REQUESTS, Math.max(MIN_REQUESTS, size));
    long bytesPerRequest = total == 0 ? 0 : bytes / total;
    return bytesPerRequest == 0 ? size : Math.max(1, Math.min(size, MAX_BYTES / bytesPerRequest));
  }

  private static List<ShardCut.Slice> slices(List<FileFacts> files, long from, long to) {
    ArrayList<ShardCut.Slice> slices = new ArrayList<>();
    long start = 0;
    for (FileFacts file : files) {
      long end = start + file.rows();
      if (end > from && start < to) {
        slices.add(
            new ShardCut.Slice(
                file.name(), Math.max(from, start) - start, Math.min(to, end) - start));
      }
      start = end;
    }
    return slices;
  }
}
