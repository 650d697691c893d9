// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.shards;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A note beside a shard that says who works at it, durable before the first of its requests runs:
 * whoever finds a note of a process that is gone knows that this process ended in the middle. A
 * request may have ended it, or a kill, or the power. Written once per shard, so it costs nothing
 * beside the shard; which of its requests it was is found out where the engine runs alone.
 *
 * @param ends processes that have ended so
 * @param isOpen whether the writer works at the shard, or has left it in good order
 * @param host of the writer
 * @param pid of the writer
 * @param started when the writer's process did, because numbers of processes are used again
 */
public record Attempt(int ends, boolean isOpen, String host, long pid, String started) {

  /**
   * Ends of processes at one shard after which the engine runs in a process of its own. One end is
   * as likely a kill from outside, and a shard simply goes on after it.
   */
  public static final int ENDS_BEFORE_ISOLATION = 1;

  private static final Pattern NAME = Pattern.compile("shard-\\d+\\.attempt\\.json");
  static final String HOST = hostName();
  private static final String STARTED = started(ProcessHandle.current());

  /** Notes that this process works at a shard now; returns how many have ended at it before. */
  public static int begin(WorkFolder folder, int shard) throws OutputException {
    Path file = folder.attempt(shard);
    int ends = 0;
    if (Files.exists(file)) {
      Attempt earlier = read(file);
      ends = earlier.ends + (earlier.isOpen && !earlier.isAlive() ? 1 : 0);
    }
    write(file, ends, true);
    return ends;
  }

  /** Notes that this process leaves a shard in good order. */
  public static void leave(WorkFolder folder, int shard) throws OutputException {
    Path file = folder.attempt(shard);
    if (!Files.exists(file)) {
      return;
    }
    int ends = read(file).ends;
    if (ends > 0) {
      write(file, ends, false);
    } else {
      remove(folder, shard);
    }
  }

  /** Forgets a shard that is complete. What cannot be removed does no harm. */
  public static void remove(WorkFolder folder, int shard) {
    try {
      Files.deleteIfExists(folder.attempt(shard));
    } catch (IOException e) {
      // The next one who looks finds the shard's commit.
    }
  }

  /**
   * Whether processes have ended at one shard so often that the engine must run in a process of its
   * own. Once so, it stays so for the job: where one such request was there may be more.
   */
  public static boolean isIsolationDue(WorkFolder folder) throws IOException {
    if (Files.exists(folder.isolated())) {
      return true;
    }
    if (!Files.isDirectory(folder.journal())) {
      return false;
    }
    List<Path> files;
    try (Stream<Path> all = Files.list(folder.journal())) {
      files = all.filter(file -> NAME.matcher(file.getFileName().toString()).matches()).toList();
    }
    for (Path file : files) {
      Attempt attempt = read(file);
      boolean isEnd = attempt.isOpen && attempt.host.equals(HOST) && !attempt.isAlive();
      if (attempt.ends + (isEnd ? 1 : 0) >= ENDS_BEFORE_ISOLATION) {
        DurableFile.write(folder.isolated(), "");
        return true;
      }
    }
    return false;
  }

  private static void write(Path file, int ends, boolean isOpen) throws OutputException {
    Json.write(file, new Attempt(ends, isOpen, HOST, ProcessHandle.current().pid(), STARTED));
  }

  /** What cannot be read tells at least that somebody was there. */
  private static Attempt read(Path file) {
    try {
      return Json.read(file, Attempt.class);
    } catch (IOException e) {
      return new Attempt(0, true, "", 0, "");
    }
  }

  /** Of a process on another machine nothing is known; who takes its shard over has a reason. */
  private boolean isAlive() {
    Optional<ProcessHandle> process =
        host.equals(HOST) ? ProcessHandle.of(pid) : Optional.<ProcessHandle>empty();
    return process.isPresent() && started.equals(started(process.get()));
  }

  static String started(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toString).orElse("");
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (IOException e) {
      return "localhost"; // A machine without a name of its own.
    }
  }
}
