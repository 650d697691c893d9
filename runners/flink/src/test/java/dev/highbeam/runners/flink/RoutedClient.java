// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import dev.highbeam.pipelines.BeamStarter;
import dev.highbeam.pipelines.cli.Engines;
import dev.highbeam.pipelines.cli.Highbeam;
import dev.highbeam.pipelines.cli.Terminal;
import dev.highbeam.pipelines.options.JobSettings;
import dev.highbeam.runtime.engine.ModelCheck;
import dev.highbeam.transforms.shards.Shard;
import dev.highbeam.transforms.shards.ShardSource;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.io.BoundedSource;
import org.apache.beam.sdk.io.Read;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.runners.AppliedPTransform;
import org.apache.beam.sdk.runners.PTransformOverride;
import org.apache.beam.sdk.runners.PTransformOverrideFactory;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.util.construction.ReplacementOutputs;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TupleTag;

/**
 * The program as a client of a cluster, but for the way on which shards reach the workers: the
 * first argument is source (as the program does it), create or reshuffle. Started by {@link
 * ShardRoutes}.
 */
final class RoutedClient {

  private RoutedClient() {}

  public static void main(String[] args) throws Exception {
    PrintWriter err = new PrintWriter(System.err, true, java.nio.charset.StandardCharsets.UTF_8);
    Engines engines =
        new Engines(
            ModelCheck::check,
            new BeamStarter(new Routed(args[0]), WorkerEngines.provider()),
            () -> null);
    Terminal terminal = Terminal.of(err, err, Map.of());
    List<String> command = List.of(args).subList(1, args.length);
    System.exit(new Highbeam(terminal, engines).run(command.toArray(new String[0])));
  }

  /** Flink's options, and another way for shards. */
  private record Routed(String route) implements BeamStarter.RunnerOptions {

    private static final FlinkRunnerOptions FLINK = new FlinkRunnerOptions();

    @Override
    public PipelineOptions of(JobSettings settings) {
      return FLINK.of(settings);
    }

    @Override
    public void check(JobSettings settings) {
      FLINK.check(settings);
    }

    @Override
    public int workers(JobSettings settings) {
      return FLINK.workers(settings);
    }

    @Override
    public boolean isInProcess() {
      return false;
    }

    @Override
    public PipelineResult run(Pipeline pipeline) {
      if (!route.equals("source")) {
        pipeline.replaceAll(
            List.of(
                PTransformOverride.of(
                    applied ->
                        applied.getTransform() instanceof Read.Bounded<?> read
                            && read.getSource() instanceof ShardSource,
                    new OtherRoute(route.equals("reshuffle")))));
      }
      return FLINK.run(pipeline);
    }
  }

  private record OtherRoute(boolean isShuffled)
      implements PTransformOverrideFactory<PBegin, PCollection<Shard>, Read.Bounded<Shard>> {

    @Override
    public PTransformReplacement<PBegin, PCollection<Shard>> getReplacementTransform(
        AppliedPTransform<PBegin, PCollection<Shard>, Read.Bounded<Shard>> applied) {
      return PTransformReplacement.of(
          applied.getPipeline().begin(),
          new Shards(shards((ShardSource) applied.getTransform().getSource()), isShuffled));
    }

    @Override
    public Map<PCollection<?>, ReplacementOutput> mapOutputs(
        Map<TupleTag<?>, PCollection<?>> outputs, PCollection<Shard> newOutput) {
      return ReplacementOutputs.singleton(outputs, newOutput);
    }

    private static List<Shard> shards(ShardSource source) {
      List<Shard> shards = new ArrayList<>();
      PipelineOptions options = PipelineOptionsFactory.create();
      for (BoundedSource<Shard> split : source.split(1, options)) {
        try (BoundedSource.BoundedReader<Shard> reader = split.createReader(options)) {
          reader.start();
          shards.add(reader.getCurrent());
        } catch (IOException e) {
          throw new IllegalStateException("shards are in memory", e);
        }
      }
      return shards;
    }
  }

  private static final class Shards extends PTransform<PBegin, PCollection<Shard>> {

    private static final long serialVersionUID = 1L;

    private final ArrayList<Shard> shards;
    private final boolean isShuffled;

    Shards(List<Shard> shards, boolean isShuffled) {
      this.shards = new ArrayList<>(shards);
      this.isShuffled = isShuffled;
    }

    @Override
    public PCollection<Shard> expand(PBegin input) {
      PCollection<Shard> created =
          input.apply(Create.of(shards).withCoder(SerializableCoder.of(Shard.class)));
      return isShuffled ? created.apply(Reshuffle.viaRandomKey()) : created;
    }
  }
}
