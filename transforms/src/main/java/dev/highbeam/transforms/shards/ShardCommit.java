// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.shards;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A shard is complete: its files are in their places, as these facts say. Two attempts at one shard
 * may mix a commit of one with a file of the other, equal but for columns that are not
 * deterministic; then hashes differ, and the shard counts as not committed.
 *
 * @param shard its number
 * @param requests rows of the work list that ended
 * @param counts how they ended
 * @param results file of results, null if there are none
 * @param errors file of errors, null if there are none
 * @param model the model's name, as rows have it
 * @param modelFingerprint of the weights that computed it
 * @param numericsIds of the engines that computed it
 */
public record ShardCommit(
    int shard,
    long requests,
    RowCounts counts,
    @Nullable FileFacts results,
    @Nullable FileFacts errors,
    String model,
    String modelFingerprint,
    TreeSet<String> numericsIds)
    implements Serializable {

  private static final Logger LOG = LoggerFactory.getLogger(ShardCommit.class);

  /** The commit of a shard if it is there and true, else null. */
  public static @Nullable ShardCommit find(WorkFolder folder, Shard shard) throws IOException {
    Path file = folder.commit(shard.number());
    return Files.isRegularFile(file) ? trusted(folder, shard, file) : null;
  }

  /** What is written of a shard's commit, whether its files are whole or not; null if nothing. */
  public static @Nullable ShardCommit read(WorkFolder folder, Shard shard) throws IOException {
    Path file = folder.commit(shard.number());
    return Files.isRegularFile(file) ? Json.read(file, ShardCommit.class) : null;
  }

  /** Makes the shard complete, once its files are in their places. */
  public void write(WorkFolder folder) throws OutputException {
    Json.write(folder.commit(shard), this);
  }

  private static @Nullable ShardCommit trusted(WorkFolder folder, Shard shard, Path file)
      throws IOException {
    ShardCommit commit;
    try {
      commit = Json.read(file, ShardCommit.class);
    } catch (IOException e) {
      // Written whole, so damaged since.
      LOG.warn("{}; its shard is computed again", e.getMessage());
      return null;
    }
    boolean isWhole =
        commit.shard == shard.number()
            && commit.requests == shard.rows()
            && commit.counts.ended() == commit.requests
            && rows(commit.results) == commit.counts.results()
            && rows(commit.errors) == commit.counts.errors();
    String problem = problem(folder, commit.results);
    problem = problem == null ? problem(folder, commit.errors) : problem;
    if (!isWhole || problem != null) {
      LOG.warn(
          "shard {} is not what its commit says ({}), and is computed again",
          shard.number(),
          problem == null ? "other counts" : problem);
      return null;
    }
    return commit;
  }

  private static long rows(@Nullable FileFacts file) {
    return file == null ? 0 : file.rows();
  }

  private static @Nullable String problem(WorkFolder folder, @Nullable FileFacts file)
      throws IOException {
    String problem = file == null ? null : file.problem(folder.journal());
    return file == null || problem == null ? null : file.name() + " " + problem;
  }
}
