// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.arrange.RowRef;
import dev.highbeam.transforms.shards.FileFacts;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Cuts the input into shards with about equally many requests to compute: a part of it that loses
 * requests makes a longer slice, a place to which they come a shorter one. Pure functions of the
 * splits and of what moves, so that a second attempt makes the same shards.
 */
final class ShardPlan {

  /** A shard is what a crash can cost, and what a worker holds in memory until it is complete. */
  static final long MAX_REQUESTS = 2000;

  /** Below it the files would cost more than an idle worker at the end. */
  static final long MIN_REQUESTS = 32;

  /** A worker's last shard is what the others wait for. */
  static final long SHARDS_PER_WORKER = 16;

  private static final long MAX_BYTES = 16L << 20;

  /** Requests that may lie in one shard's part of the input, wherever they are computed. */
  private static final long MAX_SLICE = 16 * MAX_REQUESTS;

  private ShardPlan() {}

  /** The shards if every request stays where it is. */
  static List<ShardCut> of(Iterable<ArrangedSplit> arranged, int workers, int asked) {
    return of(arranged, Loads.NONE, workers, asked);
  }

  /**
   * The shards.
   *
   * @param loads what comes and goes
   * @param asked requests per shard, 0 for what suits
   */
  static List<ShardCut> of(Iterable<ArrangedSplit> arranged, Loads loads, int workers, int asked) {
    List<ArrangedSplit> splits = new ArrayList<>();
    arranged.forEach(splits::add);
    splits.sort(Comparator.comparingInt(ArrangedSplit::number));
    List<Stretch> stretches = new ArrayList<>();
    long bytes = 0;
    for (ArrangedSplit split : splits) {
      int index = 0;
      for (FileFacts file : split.requests()) {
        addStretches(stretches, new RowRef(split.number(), index), file, loads);
        index += (int) file.rows();
        bytes += file.bytes();
      }
    }
    long rows = stretches.stream().mapToLong(Stretch::rows).sum();
    long total = stretches.stream().mapToLong(Stretch::load).sum();
    long size = asked > 0 ? asked : size(total, rows == 0 ? 0 : bytes / rows, workers);
    return cut(stretches, ends(stretches, total, (total + size - 1) / size));
  }

  /** Requests per shard that suit a load. */
  static long size(long total, long bytesPerRequest, int workers) {
    long size = total / (SHARDS_PER_WORKER * workers);
    size = Math.min(MAX_REQUESTS, Math.max(MIN_REQUESTS, size));
    return bytesPerRequest == 0 ? size : Math.max(1, Math.min(size, MAX_BYTES / bytesPerRequest));
  }

  /** Consecutive requests of one file, of which one knows only how many are computed here. */
  private record Stretch(String file, RowRef first, long from, long rows, long load) {}

  private static void addStretches(
      List<Stretch> stretches, RowRef first, FileFacts file, Loads loads) {
    if (!loads.touches(first.split())) {
      stretches.add(new Stretch(file.name(), first, 0, file.rows(), file.rows()));
      return;
    }
    for (long from = 0; from < file.rows(); from += loads.stripe()) {
      long rows = Math.min(loads.stripe(), file.rows() - from);
      int stripe = (int) ((first.index() + from) / loads.stripe());
      long load = rows + loads.delta(first.split(), stripe);
      stretches.add(new Stretch(file.name(), first, from, rows, load));
    }
  }

  /** After how many rows of the input each shard ends. */
  private static List<Long> ends(List<Stretch> stretches, long total, long count) {
    List<Long> ends = new ArrayList<>();
    long shard = 1;
    long rowsBefore = 0;
    long loadBefore = 0;
    long lastEnd = 0;
    for (Stretch stretch : stretches) {
      // Multiplied first, so that sizes differ by one at most where nothing moves.
      while (shard < count && total * shard / count <= loadBefore + stretch.load()) {
        long load = total * shard / count - loadBefore;
        long rows = load * stretch.rows() / Math.max(1, stretch.load());
        lastEnd = addEnds(ends, lastEnd, rowsBefore + Math.min(rows, stretch.rows()));
        shard++;
      }
      rowsBefore += stretch.rows();
      loadBefore += stretch.load();
    }
    addEnds(ends, lastEnd, rowsBefore);
    return ends;
  }

  /** Adds an end, and others before it where a shard would have too much of the input. */
  private static long addEnds(List<Long> ends, long last, long end) {
    long at = last;
    while (end - at > MAX_SLICE) {
      at += MAX_SLICE;
      ends.add(at);
    }
    if (end > at) {
      ends.add(end);
    }
    return end;
  }

  private static List<ShardCut> cut(List<Stretch> stretches, List<Long> ends) {
    List<ShardCut> cuts = new ArrayList<>();
    List<ShardCut.Slice> slices = new ArrayList<>();
    long before = 0;
    int shard = 0;
    for (Stretch stretch : stretches) {
      long from = 0;
      while (from < stretch.rows()) {
        long to = Math.min(stretch.rows(), ends.get(shard) - before);
        addSlice(slices, stretch, from, to);
        from = to;
        if (before + to == ends.get(shard)) {
          cuts.add(new ShardCut(shard, slices));
          slices.clear();
          shard++;
        }
      }
      before += stretch.rows();
    }
    return cuts;
  }

  private static void addSlice(List<ShardCut.Slice> slices, Stretch stretch, long from, long to) {
    long start = stretch.from() + from;
    ShardCut.Slice last = slices.isEmpty() ? null : slices.get(slices.size() - 1);
    if (last != null && last.file().equals(stretch.file()) && last.to() == start) {
      slices.remove(slices.size() - 1);
      start = last.from();
    }
    slices.add(new ShardCut.Slice(stretch.file(), stretch.first(), start, stretch.from() + to));
  }
}
