// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.shards;

import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.io.BoundedSource;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.transforms.display.DisplayData;

/**
 * Gives shards to workers, each as a split of its own, whatever size the runner wishes for: workers
 * take them one by one, so that a slow one takes fewer, and a lost one costs only its own.
 */
public final class ShardSource extends BoundedSource<Shard> {

  private static final long serialVersionUID = 1L;

  private final ArrayList<Shard> shards;

  public ShardSource(List<Shard> shards) {
    this.shards = new ArrayList<>(shards);
  }

  @Override
  public List<? extends BoundedSource<Shard>> split(
      long desiredBundleSizeBytes, PipelineOptions options) {
    List<ShardSource> splits = new ArrayList<>();
    shards.forEach(shard -> splits.add(new ShardSource(List.of(shard))));
    return splits;
  }

  @Override
  public long getEstimatedSizeBytes(PipelineOptions options) {
    return shards.stream().mapToLong(shard -> shard.requests().bytes()).sum();
  }

  @Override
  public BoundedReader<Shard> createReader(PipelineOptions options) {
    return new ShardReader(this);
  }

  @Override
  public Coder<Shard> getOutputCoder() {
    return SerializableCoder.of(Shard.class);
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    builder.add(DisplayData.item("shards", shards.size()));
  }

  private static final class ShardReader extends BoundedReader<Shard> {

    private final ShardSource source;
    private int next;

    ShardReader(ShardSource source) {
      this.source = source;
    }

    @Override
    public boolean start() {
      return advance();
    }

    @Override
    public boolean advance() {
      next++;
      return next <= source.shards.size();
    }

    @Override
    public Shard getCurrent() {
      if (next == 0 || next > source.shards.size()) {
        throw new NoSuchElementException("there is no shard here");
      }
      return source.shards.get(next - 1);
    }

    @Override
    public BoundedSource<Shard> getCurrentSource() {
      return source;
    }

    @Override
    public void close() {}
  }
}
