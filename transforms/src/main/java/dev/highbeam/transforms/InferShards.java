// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.shards.Shard;
import dev.highbeam.transforms.shards.ShardCommit;
import dev.highbeam.transforms.shards.ShardSource;
import dev.highbeam.transforms.shards.WorkFolder;
import dev.highbeam.transforms.write.ShardFiles;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.io.Read;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;

/**
 * Completes the requests of shards, each by the sampling and the seed that {@link Generate} would
 * give it, and commits the shards. Rows go from the engine to the shards' files; only commits come
 * out. Can be run again over the same shards: what is durable is not computed again.
 */
public final class InferShards extends PTransform<PBegin, PCollection<ShardCommit>> {

  private static final long serialVersionUID = 1L;

  /**
   * What it is to know of the job beside the shards.
   *
   * @param generate the transform whose options hold for the rows
   * @param saveRows rows of an unfinished shard that may be lost with the process
   * @param saveTime for which they may be
   * @param earlierNumerics numerics ids of shards that are complete; empty if there are none
   */
  public record Settings(
      Generate generate, int saveRows, Duration saveTime, TreeSet<String> earlierNumerics) {

    /** With the numerics of an earlier run, which this one must not mix with others. */
    public Settings after(Set<String> numericsIds) {
      return new Settings(generate, saveRows, saveTime, new TreeSet<>(numericsIds));
    }
  }

  private final Settings settings;
  private final WorkFolder folder;
  private final ShardFiles files;
  private final List<Shard> shards;

  private InferShards(Settings settings, WorkFolder folder, ShardFiles files, List<Shard> shards) {
    this.settings = settings;
    this.folder = folder;
    this.files = files;
    this.shards = shards;
  }

  /** The rows of these shards of the work list in that folder. */
  public static InferShards of(
      Settings settings, WorkFolder folder, ShardFiles files, List<Shard> shards) {
    return new InferShards(settings, folder, files, shards);
  }

  @Override
  public PCollection<ShardCommit> expand(PBegin input) {
    OpenShard.SavePolicy policy =
        new OpenShard.SavePolicy(settings.saveRows(), settings.saveTime());
    InferShardsFn fn =
        new InferShardsFn(
            settings.generate().provider(),
            settings.generate().config(),
            settings.generate().options(),
            new InferShardsFn.Places(folder, files, policy, settings.earlierNumerics()));
    return input
        .apply("Shards", Read.from(new ShardSource(shards)))
        .apply("Infer", ParDo.of(fn))
        .setCoder(SerializableCoder.of(ShardCommit.class));
  }
}
