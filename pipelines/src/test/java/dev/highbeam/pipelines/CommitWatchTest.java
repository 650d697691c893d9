// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.transforms.shards.FileFacts;
import dev.highbeam.transforms.shards.RowCounts;
import dev.highbeam.transforms.shards.Shard;
import dev.highbeam.transforms.shards.ShardCommit;
import dev.highbeam.transforms.shards.WorkFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CommitWatchTest {

  private static final List<Shard> SHARDS = List.of(shard(0), shard(1));

  @TempDir Path output;
  private final AtomicLong nanos = new AtomicLong();

  private static Shard shard(int number) {
    return new Shard(number, new FileFacts("shard-" + number, 10, 100, "f00d"));
  }

  private void commit(int shard, long results) throws IOException {
    RowCounts counts = new RowCounts(results, results, 0, 7 * results, new TreeMap<>());
    new ShardCommit(shard, 10, counts, null, null, "model", "f00d", new TreeSet<>())
        .write(WorkFolder.in(output));
  }

  private void passTime() {
    nanos.addAndGet(Duration.ofSeconds(3).toNanos());
  }

  private CommitWatch watch() {
    return new CommitWatch(WorkFolder.in(output), SHARDS, nanos::get);
  }

  @Test
  void givenCommitsOneByOne_counts_areSumsOfThem() throws IOException {
    CommitWatch watch = watch();
    passTime();
    assertThat(watch.counts()).isEqualTo(RowCounts.NONE);
    commit(1, 10);
    passTime();
    assertThat(watch.counts().served()).isEqualTo(10);
    commit(0, 4);
    passTime();
    assertThat(watch.counts().served()).isEqualTo(14);
    assertThat(watch.counts().outputTokens()).isEqualTo(98);
  }

  @Test
  void givenNoTimePassed_counts_doesNotLookAgain() throws IOException {
    CommitWatch watch = watch();
    commit(1, 10);
    assertThat(watch.counts()).isEqualTo(RowCounts.NONE);
    passTime();
    assertThat(watch.counts().served()).isEqualTo(10);
    commit(0, 4);
    assertThat(watch.counts().served()).isEqualTo(10);
  }

  @Test
  void givenDamagedCommit_counts_goesOnWithoutIt() throws IOException {
    CommitWatch watch = watch();
    commit(1, 10);
    Files.writeString(WorkFolder.in(output).commit(0), "{");
    passTime();
    assertThat(watch.counts().served()).isEqualTo(10);
    commit(0, 4);
    passTime();
    assertThat(watch.counts().served()).isEqualTo(14);
  }
}
