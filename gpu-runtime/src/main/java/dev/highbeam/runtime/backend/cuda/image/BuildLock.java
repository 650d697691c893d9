// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets one process of a host at a time build a thing. The lock is the operating system's, on an
 * empty file that stays: when its holder dies, however it dies, the system itself releases it, so
 * there is no stale lock to find out about, and containers with process numbers of their own cannot
 * take a living holder for a dead one.
 *
 * <p>POSIX has a trap: whoever closes a file gives up all locks that his process has on it, through
 * whatever channel. Nothing here opens a lock file but {@link #hold}.
 *
 * <p>The lock only saves work. Where it cannot be had (a file system without locks, a holder that
 * hangs) the work is done without it, which costs a second compilation and nothing else.
 */
final class BuildLock {

  private static final long POLL_MILLIS = 10;

  private final Duration patience;
  private final CacheActivity activity;

  /**
   * @param patience how long to wait for another process before working without the lock
   */
  BuildLock(Duration patience, CacheActivity activity) {
    this.patience = patience;
    this.activity = activity;
  }

  /** Runs the body while holding the lock of a file, which is made if it is not there. */
  <T> T hold(Path file, Supplier<T> body) {
    FileChannel channel = open(file);
    try {
      if (channel != null) {
        acquire(channel, file);
      }
      return body.get();
    } finally {
      // Closing releases the lock, and with it any that this process has on the same file: so a
      // channel that did not get the lock stays open as long as it waits.
      close(channel, file);
    }
  }

  private @Nullable FileChannel open(Path file) {
    try {
      return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      warn(file, e.toString());
      return null;
    }
  }

  private void acquire(FileChannel channel, Path file) {
    long begin = System.nanoTime();
    while (!tryLock(channel)) {
      if (System.nanoTime() - begin >= patience.toNanos()) {
        warn(file, "its holder is not done after " + patience.toSeconds() + " s");
        return;
      }
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    keepYoung(channel);
  }

  /** Whether there is nothing to wait for any more: the lock is ours, or there are none here. */
  private boolean tryLock(FileChannel channel) {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      // Another engine of this very process holds it, perhaps of another class loader.
      return false;
    } catch (IOException e) {
      activity.warnOnce("lock", "Kernels are compiled without a lock: " + e);
      return true;
    }
  }

  /**
   * Old lock files are cleared away, but not while they are in use. A write through the channel
   * changes the file's time; anything that opened the file again would release the lock when it
   * closed it, and setting the time by name does just that.
   */
  private static void keepYoung(FileChannel channel) {
    try {
      channel.write(ByteBuffer.allocate(1), 0);
    } catch (IOException e) {
      // At worst the file is cleared away and two processes do the same work.
      return;
    }
  }

  private void close(@Nullable FileChannel channel, Path file) {
    if (channel == null) {
      return;
    }
    try {
      channel.close();
    } catch (IOException e) {
      warn(file, e.toString());
    }
  }

  private void warn(Path file, String why) {
    activity.warnOnce("lock", "Kernels are compiled without the lock " + file + ": " + why);
  }
}
