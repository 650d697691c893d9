// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.shards;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttemptTest {

  /** No process has this start. */
  private static final String LONG_AGO = "1999-12-31T23:59:59Z";

  @TempDir Path output;
  private WorkFolder folder;

  @BeforeEach
  void open() {
    folder = WorkFolder.in(output);
  }

  private void write(int ends, boolean isOpen, String host, long pid, String started)
      throws IOException {
    Json.write(folder.attempt(3), new Attempt(ends, isOpen, host, pid, started));
  }

  private void writeOfDeadProcess(int ends) throws IOException {
    write(ends, true, Attempt.HOST, ProcessHandle.current().pid(), LONG_AGO);
  }

  @Test
  void givenNoNote_begin_writesOneAndKnowsOfNoEnd() throws Exception {
    assertThat(Attempt.begin(folder, 3)).isZero();
    Attempt note = Json.read(folder.attempt(3), Attempt.class);
    assertThat(note.isOpen()).isTrue();
    assertThat(note.pid()).isEqualTo(ProcessHandle.current().pid());
    assertThat(Attempt.begin(folder, 3)).as("the same process again").isZero();
    assertThat(Attempt.isIsolationDue(folder)).isFalse();
  }

  @Test
  void givenOneEnd_nothingIsIsolated_givenTwoItIs() throws Exception {
    writeOfDeadProcess(0);
    assertThat(Attempt.isIsolationDue(folder)).isFalse();
    assertThat(Attempt.begin(folder, 3)).isEqualTo(1);
    assertThat(Attempt.isIsolationDue(folder)).as("this process lives").isFalse();
    writeOfDeadProcess(1);
    assertThat(Attempt.isIsolationDue(folder)).isTrue();
    Attempt.remove(folder, 3);
    assertThat(Attempt.isIsolationDue(folder)).as("it stays so").isTrue();
  }

  @Test
  void givenProcessThatLeftInGoodOrder_itIsNoEnd() throws Exception {
    Attempt.begin(folder, 3);
    Attempt.leave(folder, 3);
    assertThat(folder.attempt(3)).doesNotExist();
    writeOfDeadProcess(0);
    Attempt.begin(folder, 3);
    Attempt.leave(folder, 3);
    assertThat(Attempt.begin(folder, 3)).as("earlier ends are not forgotten").isEqualTo(1);
  }

  @Test
  void givenProcessThatLives_takingItsShardOverIsNoEnd() throws Exception {
    ProcessHandle parent = ProcessHandle.current().parent().orElseThrow();
    write(0, true, Attempt.HOST, parent.pid(), Attempt.started(parent));
    assertThat(Attempt.begin(folder, 3)).isZero();
  }

  @Test
  void givenProcessOfAnotherMachine_onlyTakingItsShardOverCounts() throws Exception {
    write(1, true, "elsewhere", 1, LONG_AGO);
    assertThat(Attempt.isIsolationDue(folder)).isFalse();
    assertThat(Attempt.begin(folder, 3)).isEqualTo(2);
    assertThat(Attempt.isIsolationDue(folder)).isTrue();
  }

  @Test
  void givenDamagedNote_itTellsThatSomebodyWasThere() throws Exception {
    Files.createDirectories(folder.journal());
    Files.writeString(folder.attempt(3), "{\"ends\": ");
    assertThat(Attempt.begin(folder, 3)).isEqualTo(1);
  }

  @Test
  void givenManyNotes_removingProgressRemovesThem() throws Exception {
    Attempt.begin(folder, 1);
    writeOfDeadProcess(1);
    assertThat(Attempt.isIsolationDue(folder)).isTrue();
    ProgressFiles.remove(folder);
    assertThat(folder.journal()).doesNotExist();
  }
}
