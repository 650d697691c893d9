// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.EngineException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class WorkerExitTest {

  @TempDir Path folder;

  /** A worker that would hang in its shutdown. */
  static final class Child {

    public static void main(String[] args) {
      Runtime.getRuntime().addShutdownHook(new Thread(Child::hang, "hanging-hook"));
      Thread thread = new Thread(Child::hang, "hanging-worker");
      thread.start();
      WorkerExit.INSTANCE.accept(EngineException.fatal("illegal address", null));
    }

    private static void hang() {
      while (true) {
        java.util.concurrent.locks.LockSupport.park();
      }
    }
  }

  @Test
  void givenLostDevice_accept_endsTheProcessWhateverHangsThere() throws Exception {
    Path log = folder.resolve("log");
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertThat(child.waitFor()).as(Files.readString(log)).isEqualTo(70);
    assertThat(log).content().contains("illegal address");
  }
}
