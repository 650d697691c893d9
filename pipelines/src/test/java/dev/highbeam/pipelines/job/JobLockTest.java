// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.pipelines.options.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JobLockTest {

  private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

  @TempDir Path path;
  private OutputFolder folder;
  private Path file;

  @BeforeEach
  void setUp() {
    folder = new OutputFolder(path);
    file = path.resolve(OutputFolder.LOCK);
  }

  @Test
  void givenFreeFolder_namesTheHolder_andIsFreeAgainAfterwards() throws IOException {
    try (JobLock lock = JobLock.take(folder, "here", 42, NOON)) {
      assertThat(lock).isNotNull();
      assertThat(Files.size(file))
          .isEqualTo("host=here pid=42 since=2026-01-01T12:00:00Z\n".length());
    }
    assertThat(file).isEmptyFile();
    JobLock.take(folder, "here", 43, NOON).close();
  }

  @Test
  void givenHeldFolder_refusesTheSecondJob_andTheFirstKeepsIt() {
    try (JobLock lock = JobLock.take(folder, "here", 42, NOON)) {
      assertThat(lock).isNotNull();
      for (int attempt = 0; attempt < 2; attempt++) {
        assertThatThrownBy(() -> JobLock.take(folder, "here", 43, NOON))
            .isInstanceOf(UsageException.class)
            .hasMessageContaining("another job of this process writes to " + path);
      }
    }
  }

  @Test
  void givenTextOfDeadJobOnThisHost_takesTheFolderOver() throws IOException {
    Files.writeString(file, "host=here pid=1 since=2025-12-31T00:00:00Z\n");
    try (JobLock lock = JobLock.take(folder, "here", 42, NOON)) {
      assertThat(lock).isNotNull();
      assertThat(Files.size(file))
          .isEqualTo("host=here pid=42 since=2026-01-01T12:00:00Z\n".length());
    }
  }

  @Test
  void givenJobOnAnotherHost_refusesAndSaysHowToGoOn() throws IOException {
    Files.writeString(file, "host=there pid=1 since=2025-12-31T00:00:00Z\n");
    assertThatThrownBy(() -> JobLock.take(folder, "here", 42, NOON))
        .hasMessage(
            "--output: another job writes to this folder (host=there pid=1"
                + " since=2025-12-31T00:00:00Z); wait for it, or delete "
                + file
                + " if that job is dead");
    assertThat(file).hasContent("host=there pid=1 since=2025-12-31T00:00:00Z\n");
  }
}
