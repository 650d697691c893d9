// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import dev.highbeam.transforms.shards.RowCounts;
import dev.highbeam.transforms.shards.Shard;
import dev.highbeam.transforms.shards.ShardCommit;
import dev.highbeam.transforms.shards.WorkFolder;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows shards that other processes complete, by the commits that appear in the job's folder: a
 * cluster's own counters come when a worker ends, which is too late for a progress line. What a
 * commit says is believed here; whether its files are whole is asked when the pipeline is done.
 */
final class CommitWatch {

  private static final Logger LOG = LoggerFactory.getLogger(CommitWatch.class);

  /** Folders of many shards are not looked into more often. */
  private static final Duration PERIOD = Duration.ofSeconds(2);

  private final WorkFolder folder;
  private final LongSupplier nanoTime;
  private List<Shard> open;
  private RowCounts counts = RowCounts.NONE;
  private long lookedAt;

  /** A watch over these shards, of which none is complete. */
  CommitWatch(WorkFolder folder, List<Shard> shards, LongSupplier nanoTime) {
    this.folder = folder;
    this.open = List.copyOf(shards);
    this.nanoTime = nanoTime;
    this.lookedAt = nanoTime.getAsLong();
  }

  /** Counts of the shards that are complete, a few seconds old at most. */
  RowCounts counts() {
    long now = nanoTime.getAsLong();
    if (now - lookedAt >= PERIOD.toNanos()) {
      lookedAt = now;
      look();
    }
    return counts;
  }

  private void look() {
    List<Shard> missing = new ArrayList<>();
    for (Shard shard : open) {
      try {
        ShardCommit commit = ShardCommit.read(folder, shard);
        if (commit == null) {
          missing.add(shard);
        } else {
          counts = counts.plus(commit.counts());
        }
      } catch (IOException e) {
        LOG.debug("the commit of shard {} cannot be read", shard.number(), e);
        missing.add(shard);
      }
    }
    open = missing;
  }
}
