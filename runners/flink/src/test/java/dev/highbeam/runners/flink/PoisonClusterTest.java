// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.engine.PoisonEngines;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rows that end the TaskManager which computes them. */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
final class PoisonClusterTest {

  private static final int ROWS = 300;
  private static final int SHARD_ROWS = 60;
  private static final int TASK_MANAGERS = 2;

  /** One in a hundred: one at the start, two that run together. */
  private static final Set<Integer> POISON = new TreeSet<>(Set.of(0, 130, 131));

  @TempDir Path folder;

  private List<String> arguments(Path input, Path output) {
    List<String> arguments = new ArrayList<>(List.of("generate"));
    arguments.add("--model=" + LocalCluster.ROOT.resolve("examples/demo/model"));
    arguments.addAll(List.of("--device=cpu", "--cpuThreads=1"));
    arguments.addAll(List.of("--input=" + input, "--output=" + output));
    arguments.addAll(List.of("--temperature=0.7", "--maxTokens=8", "--ignoreEos"));
    arguments.addAll(List.of("--maxNumSeqs=16", "--shardRows=" + SHARD_ROWS, "--progress=none"));
    return arguments;
  }

  private Path writeInput() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      String mark = POISON.contains(i) ? PoisonEngines.MARKER + " " : "";
      lines.add(
          "{\"custom_id\": \"" + i + "\", \"prompt\": \"Message: " + mark + "no " + i + "\"}");
    }
    return Files.write(folder.resolve("in.jsonl"), lines);
  }

  /** The jar or folder that a class came from. */
  private static Path placeOf(Class<?> found) throws URISyntaxException {
    return Path.of(found.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  /**
   * How often a TaskManager may end. A shard's first end means nothing, and a second end at any
   * shard makes whoever starts from then on isolate its engine. Others end once more, if they run
   * an engine of their own by then.
   */
  private static long mostEnds() {
    long shards = POISON.stream().map(row -> row / SHARD_ROWS).distinct().count();
    return shards + 1 + (TASK_MANAGERS - 1);
  }

  @Test
  void S3_12_givenOneInAHundredEndsItsTaskManager_onlyTheseFail() throws Exception {
    Path input = writeInput();
    Path calm = folder.resolve("calm");
    DemoJob.runDirect(arguments(input, calm)); // With engines to which no row is poison.
    List<String> expected = new ArrayList<>(DemoJob.rows(calm));
    expected.removeIf(row -> row.contains(PoisonEngines.MARKER));
    assertThat(expected).hasSize(ROWS - POISON.size()).doesNotHaveDuplicates();

    Path output = folder.resolve("out");
    String supervisor;
    Path engines = placeOf(PoisonEngines.class);
    String[] options = {"--taskManagers=" + TASK_MANAGERS, "--slots=2", "--classes=" + engines};
    try (LocalCluster cluster = LocalCluster.start(folder, Map.of(), options)) {
      List<String> arguments = arguments(input, output);
      arguments.addAll(List.of("--parallelism=4", "--flinkMaster=" + cluster.master()));
      int code = cluster.startMain(PoisonClient.class, arguments, engines).waitFor();
      assertThat(code).as(cluster.lastLog()).isZero();
      supervisor = cluster.supervisorLog();
    }

    assertThat(DemoJob.errors(output))
        .containsExactlyElementsOf(POISON.stream().map(row -> "POISON " + row).toList());
    assertThat(DemoJob.rows(output)).isEqualTo(expected);
    assertThat(OutputRows.strayFiles(output)).as("the journal is gone").isEmpty();
    List<String> ends = supervisor.lines().filter(line -> line.contains("ended with")).toList();
    assertThat(ends)
        .as("ends of TaskManagers")
        .allMatch(line -> line.endsWith("ended with code " + PoisonEngines.ABORTED))
        .hasSizeBetween(2, (int) mostEnds());
  }
}
