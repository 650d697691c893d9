// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CounterFileTest {

  @TempDir Path folder;

  private static EngineStats stats(long outputTokens) {
    return new EngineStats(
        1, 2, 3, outputTokens, 5, 6, 7, 8, 9, 10, 0, 0, 0, 0, 11, 12, DegenerateCounts.NONE);
  }

  private List<Path> files() throws Exception {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  @Test
  void givenCounters_write_theLastOnesStandInTheFileBeforeItIsClosed() throws Exception {
    try (CounterFile file = Objects.requireNonNull(CounterFile.open(folder))) {
      file.write(stats(123_456));
      file.write(stats(7));
      assertThat(files()).hasSize(1);
      assertThat(files().get(0))
          .content()
          .startsWith("{\"steps\":1,\"prompt_tokens\":2,\"cached_tokens\":3,\"output_tokens\":7,")
          .contains("\"input_sequence_steps\":10,\"step_nanos\":11}")
          .endsWith(" \n");
    }
  }

  @Test
  void givenTwoEngines_open_eachHasAFileOfItsOwn() throws Exception {
    try (CounterFile one = CounterFile.open(folder);
        CounterFile two = CounterFile.open(folder)) {
      Objects.requireNonNull(one).write(stats(1));
      Objects.requireNonNull(two).write(stats(2));
    }
    assertThat(files()).hasSize(2);
  }

  @Test
  void givenAFolderThatCannotBeMade_open_keepsNoneAndFailsNothing() throws Exception {
    Path taken = Files.createFile(folder.resolve("file"));
    assertThat(CounterFile.open(taken)).isNull();
  }
}
