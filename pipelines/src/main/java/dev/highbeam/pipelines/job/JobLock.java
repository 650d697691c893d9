// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import dev.highbeam.pipelines.options.UsageException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps a second job out of an output folder. The lock file names the holder for people; the
 * operating system's lock on it is what counts on one machine, because it ends with its process,
 * however that ends, so a stale one is simply taken over. A holder on another machine cannot be
 * judged from here and is respected until somebody deletes the file.
 *
 * <p>A file without text is free. It is emptied rather than deleted: a job that had just opened it
 * would otherwise lock a file that nobody sees.
 */
public final class JobLock implements AutoCloseable {

  /**
   * Folders held by this process. Asked before the file is opened, because closing any channel of a
   * file gives up the process's lock on it.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private static final int MAX_BYTES = 4096;

  private final Path folder;
  private final FileChannel channel;

  private JobLock(Path folder, FileChannel channel) {
    this.folder = folder;
    this.channel = channel;
  }

  /**
   * Takes the folder, which must exist.
   *
   * @throws UsageException if another job holds it
   */
  public static JobLock take(OutputFolder folder) {
    return take(folder, hostName(), ProcessHandle.current().pid(), Instant.now());
  }

  static JobLock take(OutputFolder folder, String host, long pid, Instant now) {
    String holder = "host=" + host + " pid=" + pid + " since=" + now;
    Path file = folder.path().resolve(OutputFolder.LOCK);
    try {
      Path key = folder.path().toRealPath();
      if (!HELD.add(key)) {
        throw new UsageException(
            "--output: another job of this process writes to " + folder.path() + "; wait for it");
      }
      try {
        return new JobLock(key, open(file, host, holder));
      } catch (IOException | RuntimeException e) {
        HELD.remove(key);
        throw e;
      }
    } catch (IOException e) {
      throw new UsageException("--output: cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  private static FileChannel open(Path file, String host, String holder) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      String earlier = read(channel);
      boolean elsewhere = !earlier.isEmpty() && !earlier.startsWith("host=" + host + " ");
      if (channel.tryLock() == null) {
        throw new UsageException(
            "--output: another job writes to this folder ("
                + (earlier.isEmpty() ? "just starting" : earlier)
                + "); wait for it"
                + (elsewhere ? ", or delete " + file + " if that job is dead" : ""));
      }
      write(channel, holder);
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static String read(FileChannel channel) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(channel.size(), MAX_BYTES));
    channel.read(bytes, 0);
    return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8).strip();
  }

  private static void write(FileChannel channel, String text) throws IOException {
    channel.truncate(0);
    channel.write(ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8)), 0);
    channel.force(true);
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (IOException e) {
      return "localhost"; // A machine without a name of its own.
    }
  }

  /** Gives the folder free. */
  @Override
  public void close() {
    try (channel) {
      channel.truncate(0);
    } catch (IOException e) {
      // The next job takes the file over: the lock ends with this process at the latest.
    } finally {
      HELD.remove(folder);
    }
  }
}
