// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.shards;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

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
      return null; // Written whole, so damaged since: the shard is computed again.
    }
    boolean isWhole =
        commit.shard == shard.number()
            && commit.requests == shard.rows()
            && commit.counts.ended() == commit.requests
            && rows(commit.results) == commit.counts.results()
            && rows(commit.errors) == commit.counts.errors()
            && isTrue(folder, commit.results)
            && isTrue(folder, commit.errors);
    return isWhole ? commit : null;
  }

  private static long rows(@Nullable FileFacts file) {
    return file == null ? 0 : file.rows();
  }

  private static boolean isTrue(WorkFolder folder, @Nullable FileFacts file) throws IOException {
    return file == null || file.problem(folder.journal()) == null;
  }
}
