// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.highbeam.transforms.shards.Journal;
import dev.highbeam.transforms.shards.RowCounts;
import dev.highbeam.transforms.shards.Shard;
import dev.highbeam.transforms.shards.ShardCommit;
import dev.highbeam.transforms.shards.WorkFolder;
import dev.highbeam.transforms.shards.WorkList;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Promise P4 when nothing is left: client, JobManager and TaskManagers are all killed. */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
final class JobLossClusterTest {

  private static final int ROWS = 400;
  private static final int TOKENS = 64;
  private static final int SEQUENCES = 4;
  private static final int JOURNAL_ROWS = 4;
  private static final ChaosJob JOB = new ChaosJob(ROWS, TOKENS, SEQUENCES);

  /**
   * What a kill may cost, in tokens: in each of two TaskManagers the rows that run, and in each of
   * its two slots one part of a journal that is not full yet, for the shard that ends and the next.
   */
  private static final long COST = 2L * TOKENS * (SEQUENCES + 2 * 2 * JOURNAL_ROWS);

  @TempDir Path folder;
  private Path input;
  private Path output;

  private List<String> arguments() {
    List<String> arguments = new ArrayList<>(JOB.arguments(input, output));
    arguments.addAll(List.of("--parallelism=4", "--shardRows=20"));
    arguments.add("--journalRows=" + JOURNAL_ROWS);
    return arguments;
  }

  private LocalCluster startCluster() throws Exception {
    return LocalCluster.start(folder, Map.of(), "--taskManagers=2", "--slots=2");
  }

  private RowCounts durable() throws IOException {
    WorkFolder work = WorkFolder.in(output);
    RowCounts counts = RowCounts.NONE;
    if (!Files.exists(work.done())) {
      return counts;
    }
    for (Shard shard : WorkList.read(work).all()) {
      ShardCommit commit = ShardCommit.read(work, shard);
      counts =
          counts.plus(
              commit == null
                  ? new Journal(work.journal(shard.number())).counts()
                  : commit.counts());
    }
    return counts;
  }

  private JsonNode record() throws IOException {
    return new ObjectMapper().readTree(output.resolve("job.json").toFile());
  }

  /** Runs until so many rows are durable, then kills all; returns the tokens of durable rows. */
  private long killAt(int rows) throws Exception {
    try (LocalCluster cluster = startCluster()) {
      Process client = cluster.start(arguments());
      while (client.isAlive() && soonDurable() < rows) {
        client.waitFor(50, TimeUnit.MILLISECONDS);
      }
      assertThat(client.isAlive()).as("still running: " + cluster.lastLog()).isTrue();
      client.destroyForcibly();
      cluster.killAll();
      client.waitFor();
    }
    assertThat(output.resolve("_SUCCESS")).doesNotExist();
    return durable().outputTokens();
  }

  /** About as {@link #durable}, by what parts and commits say of themselves, which costs little. */
  private long soonDurable() {
    long rows = 0;
    try (Stream<Path> files = Files.walk(output.resolve("journal"))) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.matches("shard-\\d+\\.json")) {
          rows += new ObjectMapper().readTree(file.toFile()).path("requests").asLong();
        } else if (name.matches("part-\\d+\\.json")
            && !Files.exists(Path.of(file.getParent() + ".json"))) {
          rows += new ObjectMapper().readTree(file.toFile()).path("rows").asLong();
        }
      }
    } catch (IOException | UncheckedIOException e) {
      return 0; // It is not there yet, or a part went while we looked.
    }
    return rows;
  }

  private long decoded() throws IOException {
    return EngineFiles.of(folder.resolve("run")).outputTokens();
  }

  @Test
  void givenAllProcessesKilledAt10And50And90Percent_rerunsComputeOnlyWhatTheJournalLacks()
      throws Exception {
    input = folder.resolve("input");
    output = folder.resolve("out");
    JOB.writeInput(input);
    long total = (long) ROWS * TOKENS;
    long durable = 0;
    for (int percent : List.of(10, 50, 90)) {
      long before = decoded();
      long now = killAt(ROWS * percent / 100);
      assertThat(decoded() - before)
          .as("tokens that the run to %s %% decoded, beside those that were durable", percent)
          .isBetween(now - durable, now - durable + COST);
      durable = now;
    }
    assertThat(durable).isBetween(total * 9 / 10, total - 1);

    long before = decoded();
    try (LocalCluster cluster = startCluster()) {
      LocalCluster.End end = cluster.run(arguments());
      assertThat(end.code()).as(end.text()).isZero();
      assertThat(decoded() - before).isEqualTo(total - durable);
      assertThat(record().at("/tokens/output").asLong()).isEqualTo(total);
      assertThat(record().at("/tokens/output_computed").asLong()).isEqualTo(total - durable);
      assertThat(record().at("/rows/recovered").asLong()).isEqualTo(durable / TOKENS);
      assertThat(OutputRows.strayFiles(output)).isEmpty();

      before = decoded();
      int jobs = submissions(cluster);
      end = cluster.run(arguments());
      assertThat(end.code()).as(end.text()).isZero();
      assertThat(decoded()).as("a third run computes nothing").isEqualTo(before);
      assertThat(submissions(cluster)).as("and submits nothing").isEqualTo(jobs);
      assertThat(record().at("/tokens/output_computed").asLong()).isZero();
      assertThat(record().at("/seconds").asDouble()).isLessThan(30);
    }
    Path calm = folder.resolve("direct");
    DemoJob.runDirect(JOB.arguments(input, calm));
    assertThat(DemoJob.rows(output)).hasSize(ROWS).isEqualTo(DemoJob.rows(calm));
  }

  private static int submissions(LocalCluster cluster) throws IOException {
    return cluster.jobManagerLog().split("Received JobGraph submission", -1).length - 1;
  }
}
