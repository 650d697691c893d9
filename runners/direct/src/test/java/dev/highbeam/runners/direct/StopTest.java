// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Jobs that stop of their own accord, and go on. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class StopTest {

  private static final int ROWS = 90;
  private static final int TOKENS = 32;
  private static final int BAD = 5;

  @TempDir Path folder;

  private ChildProgram.End run(String... more) throws Exception {
    Path input = folder.resolve("in.jsonl");
    if (!Files.exists(input)) { // A resume looks at the time, too.
      List<String> lines = new ArrayList<>();
      for (int i = 0; i < ROWS; i++) {
        lines.add("{\"prompt\": \"" + (i < BAD ? "" : "Message: number " + i) + "\"}");
      }
      Files.write(input, lines);
    }
    List<String> arguments = new ArrayList<>();
    arguments.addAll(
        List.of("generate", "--model=" + LauncherCopy.ROOT.resolve("examples/demo/model")));
    arguments.addAll(List.of("--device=cpu", "--cpuThreads=1", "--input=" + input));
    arguments.addAll(List.of("--output=" + output(), "--maxTokens=" + TOKENS, "--ignoreEos"));
    arguments.addAll(List.of("--maxNumSeqs=4", "--shardRows=30", "--targetParallelism=2"));
    arguments.addAll(List.of("--journalRows=100000", "--journalSeconds=3600", "--progress=none"));
    arguments.addAll(List.of(more));
    return new ChildProgram(Main.class, folder.resolve("log"), arguments).run();
  }

  private Path output() {
    return folder.resolve("out");
  }

  private void requireStopped(ChildProgram.End end, String outcome, String openCode)
      throws Exception {
    assertThat(end.code()).as(end.text()).isEqualTo(3);
    JsonNode record = OutputRows.record(output());
    assertThat(record.at("/outcome").asText()).isEqualTo(outcome);
    long open = ROWS - record.at("/rows/served").asLong() - record.at("/rows/errors").asLong();
    assertThat(open).isPositive();
    assertThat(record.at("/rows/open_by_code").toString())
        .isEqualTo("{\"" + openCode + "\":" + open + "}");
    assertThat(output().resolve("_SUCCESS")).doesNotExist();
    assertThat(output().resolve("results")).doesNotExist();
    assertThat(output().resolve("errors")).doesNotExist();
  }

  /** What the stopped run had is not computed again. */
  private void requireGoesOn(String... more) throws Exception {
    long before = Durable.of(output()).all().outputTokens();
    assertThat(before).isEqualTo(tokens("/tokens/output"));
    ChildProgram.End end = run(more);
    assertThat(end.code()).as(end.text()).isZero();
    assertThat(tokens("/tokens/output_computed")).isEqualTo((ROWS - BAD) * TOKENS - before);
    assertThat(OutputRows.results(output())).hasSize(ROWS - BAD).doesNotHaveDuplicates();
    assertThat(OutputRows.query("SELECT DISTINCT code FROM '" + output() + "/errors/*.parquet'"))
        .containsExactly("EMPTY");
  }

  private long tokens(String pointer) throws Exception {
    return OutputRows.record(output()).at(pointer).asLong();
  }

  @Test
  void givenTokenBudget_stopsWithWhatIsDone_andGoesOnWithoutIt() throws Exception {
    requireStopped(run("--tokenBudget=600"), "token_budget", "CANCELLED");
    assertThat(tokens("/tokens/output_computed")).isGreaterThanOrEqualTo(600);
    requireGoesOn();
  }

  @Test
  void givenDeadline_stopsAndOpenRowsAreTimedOut() throws Exception {
    requireStopped(run("--deadline=0s"), "deadline", "TIMEOUT");
    requireGoesOn();
  }

  @Test
  void givenMoreErrorsThanMayBe_stopsAndGoesOnWhenMoreMayBe() throws Exception {
    ChildProgram.End end = run("--maxErrors=" + (BAD - 1), "--maxErrorRatio=1");
    assertThat(end.text()).contains("more than --maxErrors=4 allows");
    requireStopped(end, "too_many_errors", "CANCELLED");
    requireGoesOn("--maxErrors=" + BAD);
  }
}
