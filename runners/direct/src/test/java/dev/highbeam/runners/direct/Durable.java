// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import dev.highbeam.transforms.shards.Journal;
import dev.highbeam.transforms.shards.RowCounts;
import dev.highbeam.transforms.shards.Shard;
import dev.highbeam.transforms.shards.ShardCommit;
import dev.highbeam.transforms.shards.WorkFolder;
import dev.highbeam.transforms.shards.WorkList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a job that is not done has made durable, by its files. */
record Durable(RowCounts committed, RowCounts journaled) {

  static Durable of(Path output) throws IOException {
    WorkFolder work = WorkFolder.in(output);
    RowCounts committed = RowCounts.NONE;
    RowCounts journaled = RowCounts.NONE;
    if (Files.exists(work.done())) {
      for (Shard shard : WorkList.read(work).all()) {
        ShardCommit commit = ShardCommit.find(work, shard);
        if (commit != null) {
          committed = committed.plus(commit.counts());
        } else {
          journaled = journaled.plus(new Journal(work.journal(shard.number())).counts());
        }
      }
    }
    return new Durable(committed, journaled);
  }

  RowCounts all() {
    return committed.plus(journaled);
  }
}
