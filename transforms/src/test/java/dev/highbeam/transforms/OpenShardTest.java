// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.engine.EngineInfo;
import dev.highbeam.schemas.ErrorCode;
import dev.highbeam.schemas.InferenceSchemas;
import dev.highbeam.transforms.rows.Columns;
import dev.highbeam.transforms.rows.Failures;
import dev.highbeam.transforms.rows.InputRecord;
import dev.highbeam.transforms.shards.FileFacts;
import dev.highbeam.transforms.shards.JournalEntry;
import dev.highbeam.transforms.shards.Shard;
import dev.highbeam.transforms.shards.ShardCommit;
import dev.highbeam.transforms.shards.WorkFolder;
import dev.highbeam.transforms.write.ShardFiles;
import dev.highbeam.transforms.write.WriteResults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;

/** A shard survives attempts that are given up at any point, and others that never were told. */
class OpenShardTest {

  private static final EngineInfo ENGINE =
      new EngineInfo("fake", "f00d", "fake-1", "none", "float32", 64, 8, 100, 16, 10, "none");

  private final ShardFiles files =
      ShardFiles.laidOutAs(WriteResults.to(Path.of("results"), Columns.NONE));

  private static InferenceRequest request(int index) {
    return new InferenceRequest(
        "id-" + index,
        "p",
        InferenceRequest.of("", "").sampling(),
        new InputRecord("in.jsonl", index + 1L, new byte[0]));
  }

  /** Every third request fails. */
  private static JournalEntry entry(int index) {
    if (index % 3 == 2) {
      Failures.RowKey key = new Failures.RowKey("id-" + index, "in.jsonl", index + 1L);
      return JournalEntry.failed(index, Failures.of(key, ErrorCode.TOO_LONG, "long", "{}"));
    }
    GenericRecord row = new GenericData.Record(InferenceSchemas.RESULT);
    row.put("custom_id", "id-" + index);
    row.put("sample_index", 0);
    row.put("generated_text", "text " + index);
    row.put("finish_reason", "stop");
    row.put("num_input_tokens", 1);
    row.put("num_generated_tokens", 2);
    row.put("num_cached_tokens", 0);
    row.put("cumulative_logprob", -1.0);
    row.put("seed", 7L);
    row.put("model", "fake");
    row.put("model_fingerprint", "f00d");
    row.put("numerics_id", "fake-1");
    row.put("request_fingerprint", "r");
    row.put("attempt", 1);
    row.put("source", "in.jsonl");
    row.put("position", index + 1L);
    row.put("columns", ByteBuffer.allocate(0));
    row.put("repeating", false);
    return JournalEntry.served(index, List.of(row));
  }

  @Property(tries = 60, shrinking = ShrinkingMode.OFF, seed = "2611")
  void givenAttemptsGivenUpAtAnyPoint_everyRowIsThereOnce(
      @ForAll @IntRange(min = 1, max = 40) int count,
      @ForAll @IntRange(min = 1, max = 7) int saveRows,
      @ForAll @IntRange(max = 1_000_000) int seed)
      throws IOException, SQLException {
    Random random = new Random(seed);
    Path output = Files.createTempDirectory("open-shard");
    try {
      WorkFolder folder = WorkFolder.in(output);
      Shard shard = new Shard(0, new FileFacts("shard-00000.avro", count, 0, ""));
      OpenShard.SavePolicy policy = new OpenShard.SavePolicy(saveRows, Duration.ofDays(1));
      List<OpenShard> zombies = new ArrayList<>();
      ShardCommit commit = null;
      while (commit == null) {
        OpenShard open = new OpenShard(folder, shard, policy);
        open.recover(e -> true);
        List<Integer> missing = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          if (!open.isEndOf(i, request(i))) {
            missing.add(i);
          }
        }
        Collections.shuffle(missing, random);
        open.allSubmitted();
        int until = random.nextInt(missing.size() + 1);
        boolean isKilled = until < missing.size() && random.nextInt(4) > 0;
        for (int index : isKilled ? missing.subList(0, until) : missing) {
          open.put(entry(index), 0);
          if (!zombies.isEmpty() && random.nextInt(6) == 0) {
            zombies.get(random.nextInt(zombies.size())).save();
          }
        }
        if (isKilled) {
          zombies.add(open);
        } else if (open.isComplete()) {
          commit = open.commit(files, ENGINE, null);
        }
      }
      assertThat(ShardCommit.find(folder, shard)).isEqualTo(commit);
      assertThat(folder.journal(0)).doesNotExist();
      assertThat(commit.counts().ended()).isEqualTo(count);
      assertThat(commit.counts().errors()).isEqualTo(count / 3);
      String text = "SELECT position, generated_text FROM '" + folder.results(0) + "'";
      List<List<Object>> expected = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        if (i % 3 != 2) {
          expected.add(List.of(i + 1L, "text " + i));
        }
      }
      assertThat(Job.query(text)).isEqualTo(expected);
    } finally {
      try (Stream<Path> paths = Files.walk(output)) {
        for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  @Property(tries = 30, shrinking = ShrinkingMode.OFF, seed = "2611")
  void givenKillsAndNoZombie_onlyWhatTheJournalLackedIsComputed(
      @ForAll @IntRange(min = 1, max = 40) int count,
      @ForAll @IntRange(min = 1, max = 7) int saveRows,
      @ForAll @IntRange(max = 40) int killAt)
      throws IOException {
    Path output = Files.createTempDirectory("open-shard");
    try {
      WorkFolder folder = WorkFolder.in(output);
      Shard shard = new Shard(5, new FileFacts("shard-00005.avro", count, 0, ""));
      OpenShard.SavePolicy policy = new OpenShard.SavePolicy(saveRows, Duration.ofDays(1));
      OpenShard killed = new OpenShard(folder, shard, policy);
      int done = Math.min(count, killAt);
      for (int i = 0; i < done; i++) {
        killed.put(entry(i), 0);
      }
      OpenShard next = new OpenShard(folder, shard, policy);
      next.recover(e -> true);
      assertThat(next.counts().ended()).isEqualTo(done - done % saveRows);
      // Another request at that place, as after a change of the work list: its row does not count.
      if (next.counts().ended() > 0) {
        assertThat(next.isEndOf(0, request(count))).isFalse();
        assertThat(next.counts().ended()).isEqualTo(done - done % saveRows - 1);
      }
    } finally {
      try (Stream<Path> paths = Files.walk(output)) {
        for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }
}
