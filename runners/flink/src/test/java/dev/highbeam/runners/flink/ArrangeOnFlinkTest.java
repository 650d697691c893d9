// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.pipelines.BeamStarter;
import dev.highbeam.pipelines.cli.Engines;
import dev.highbeam.pipelines.cli.Highbeam;
import dev.highbeam.pipelines.cli.Terminal;
import dev.highbeam.runtime.engine.ModelCheck;
import dev.highbeam.runtime.engine.SharedEngines;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.runners.flink.FlinkRunner;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is arranged through Flink's shuffle gives the rows of the Direct runner. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class ArrangeOnFlinkTest {

  private static final String[] OPTIONS = {"--device=cpu", "--maxTokens=8", "--shardRows=16"};

  @TempDir Path folder;

  /** A job on a Flink of its own in this process. */
  private Path run(Path input, String name, String... more) throws Exception {
    Path output = folder.resolve(name);
    StringWriter log = new StringWriter();
    Terminal terminal = Terminal.of(new PrintWriter(log), new PrintWriter(log), Map.of());
    Engines engines =
        new Engines(
            ModelCheck::check,
            new BeamStarter(
                settings -> {
                  FlinkPipelineOptions options =
                      PipelineOptionsFactory.create().as(FlinkPipelineOptions.class);
                  options.setRunner(FlinkRunner.class);
                  options.setFlinkMaster("[local]");
                  options.setParallelism(3);
                  return options;
                },
                SharedEngines::acquire),
            () -> null);
    List<String> arguments = new ArrayList<>(DemoJob.arguments(input, output, OPTIONS));
    arguments.remove("--dedupe=false");
    arguments.addAll(List.of(more));
    int code = new Highbeam(terminal, engines).run(arguments.toArray(new String[0]));
    assertThat(code).as(log.toString()).isZero();
    return output;
  }

  @Test
  void givenEqualRowsAndRowsOfAnEarlierJob_rowsAreThoseOfTheDirectRunner() throws Exception {
    Path input = DemoJob.input(folder.resolve("input"), 12);
    // The first files again, so that rows equal others of other splits.
    for (int i = 0; i < 4; i++) {
      Files.copy(
          input.resolve("part-" + (1000 + i) + ".jsonl"), input.resolve("part-200" + i + ".jsonl"));
    }
    List<String> expected = DemoJob.expected(input, folder.resolve("direct"), OPTIONS);
    Path arranged = run(input, "arranged", "--longestFirst");
    assertThat(DemoJob.rows(arranged)).isEqualTo(expected);
    assertThat(arranged.resolve("job.json")).content().contains("\"deduplicated\" : 20,");
    Path reusing = run(input, "reusing", "--reuse=" + arranged);
    assertThat(DemoJob.rows(reusing)).isEqualTo(expected);
    assertThat(reusing.resolve("job.json"))
        .content()
        .contains("\"reused\" : 60", "\"output_computed\" : 0,");
  }
}
