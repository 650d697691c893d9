// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BuildLockTest {

  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir Path folder;

  private final List<String> warnings = Collections.synchronizedList(new ArrayList<>());
  private final CacheActivity activity = new CacheActivity(warnings::add);

  @Test
  void S0_6_givenTwoEnginesOfOneProcess_hold_letsOneInAtATime() throws Exception {
    Path file = folder.resolve("lock");
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    // A lock each, as two engines have, so that nothing but the file brings them together.
    Threads.together(
        4,
        i ->
            new BuildLock(LONG, activity)
                .hold(
                    file,
                    () -> {
                      most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                      Thread.yield();
                      return inside.decrementAndGet();
                    }));

    assertThat(most).hasValue(1);
    assertThat(warnings).isEmpty();
  }

  @Test
  void givenAHolderThatHangs_hold_worksWithoutTheLockAfterAWhile() throws Exception {
    Path file = folder.resolve("lock");
    try (FileChannel channel =
            FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock held = channel.lock()) {
      assertThat(held.isValid()).isTrue();
      assertThat(new BuildLock(Duration.ofMillis(50), activity).hold(file, () -> "done"))
          .isEqualTo("done");
    }
    assertThat(warnings).hasSize(1).first().asString().contains("its holder is not done");
  }

  @Test
  void givenNoPlaceForTheLock_hold_worksWithoutIt() {
    Path file = folder.resolve("missing").resolve("lock");
    assertThat(new BuildLock(LONG, activity).hold(file, () -> "done")).isEqualTo("done");
    assertThat(warnings).hasSize(1);
  }

  @Test
  void givenAnInterruptedThread_hold_worksAndKeepsTheInterrupt() throws Exception {
    Path file = folder.resolve("lock");
    try (FileChannel channel =
            FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock held = channel.lock()) {
      assertThat(held.isValid()).isTrue();
      Thread.currentThread().interrupt();
      assertThat(new BuildLock(LONG, activity).hold(file, () -> "done")).isEqualTo("done");
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void S0_7_givenAnOldLockFile_hold_makesItYoung() throws Exception {
    Path file = Files.createFile(folder.resolve("lock"));
    Files.setLastModifiedTime(file, FileTime.fromMillis(1));
    new BuildLock(LONG, activity).hold(file, () -> "done");

    assertThat(Files.getLastModifiedTime(file).toMillis())
        .isGreaterThan(System.currentTimeMillis() - StoreLimits.LEFT_BEHIND.toMillis() / 2);
  }
}
