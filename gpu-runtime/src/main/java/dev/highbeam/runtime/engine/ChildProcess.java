// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A process with an engine in it. It ends when its standard input does, so it never outlives this
 * process, however this one ends. What it says on standard error appears on ours.
 */
final class ChildProcess implements AutoCloseable {

  private static final long GRACE_SECONDS = 5;

  /** Exit codes of SIGINT, SIGKILL and SIGTERM; what a process does to itself has others. */
  private static final Set<Integer> KILLED = Set.of(130, 137, 143);

  private final Process process;
  private final Wire toChild;

  /** Learns what the child says, in order, and in the end that it has ended. */
  interface Listener {
    void told(ChildProcess child, ChildMessage message);

    void ended(ChildProcess child, End how);
  }

  /**
   * How a process ended.
   *
   * @param words as the end of a sentence
   * @param isKilled whether somebody outside may have ended it
   */
  record End(String words, boolean isKilled) {

    static End of(int code) {
      return new End("it ended with code " + code, KILLED.contains(code));
    }
  }

  private ChildProcess(Process process, Wire toChild) {
    this.process = process;
    this.toChild = toChild;
  }

  /** Starts a process and its engine; the listener learns when it is ready. */
  static ChildProcess start(List<String> command, EngineConfig config, Listener listener) {
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      Wire toChild = Wire.to(process.getOutputStream());
      ChildProcess child = new ChildProcess(process, toChild);
      Thread reader = new Thread(() -> child.read(listener), "highbeam-child-reader");
      reader.setDaemon(true);
      reader.start();
      child.send(new ChildMessage.Start(config));
      return child;
    } catch (IOException e) {
      throw EngineException.retryable(
          "the engine's process cannot be started: " + e.getMessage(), e);
    }
  }

  /** Tells the child something. One that has ended does not hear it: the listener learns so. */
  void send(ChildMessage message) {
    try {
      toChild.write(message);
    } catch (IOException e) {
      process.destroyForcibly(); // Whoever does not listen must not compute either.
    }
  }

  private void read(Listener listener) {
    @Nullable String broken = null;
    try (WireReader fromChild = new WireReader(process.getInputStream())) {
      ChildMessage message = fromChild.read();
      while (message != null) {
        listener.told(this, message);
        message = fromChild.read();
      }
    } catch (IOException e) {
      broken = "it spoke in a way that is not understood: " + e.getMessage();
    }
    if (broken != null) {
      process.destroyForcibly();
    }
    listener.ended(this, broken == null ? End.of(exitCode()) : new End(broken, false));
  }

  private int exitCode() {
    boolean interrupted = false;
    while (true) {
      try {
        int code = process.waitFor();
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
        return code;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
  }

  /** Lets the child end by itself, and ends it if it does not. */
  @Override
  public void close() {
    try {
      toChild.close();
    } catch (IOException e) {
      // It has ended already.
    }
    try {
      if (!process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
