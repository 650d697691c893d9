// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An engine's turn on a GPU: each plans for all of its memory, so there is one engine at a time,
 * unless the user divided the memory. Who finds the GPU in use waits up to {@code
 * gpu_wait_timeout}: another engine of this process is known here, one of another process, or of
 * another class loader, by the backend, which refuses the device.
 */
final class GpuTurn implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(GpuTurn.class);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

  /** Words of devices that engines of this process use. */
  private static final Set<String> TAKEN = new HashSet<>();

  private final String device;
  private final boolean isExclusive;
  private final long deadline;
  private final AtomicBoolean isClosed = new AtomicBoolean();

  private GpuTurn(String device, boolean isExclusive, long deadline) {
    this.device = device;
    this.isExclusive = isExclusive;
    this.deadline = deadline;
  }

  /**
   * Waits for the turn on a configuration's one device; there is no waiting for a CPU.
   *
   * @throws EngineException retryable, if it does not come in time
   */
  static GpuTurn take(EngineConfig config) {
    String device = config.device();
    boolean isExclusive = device.startsWith("cuda:") && !config.shareGpu();
    long deadline = System.nanoTime() + config.gpuWaitTimeout().toNanos();
    GpuTurn turn = new GpuTurn(device, isExclusive, deadline);
    if (isExclusive) {
      synchronized (TAKEN) {
        while (!TAKEN.add(device)) {
          turn.await(
              EngineException.deviceInUse(
                  device
                      + " is used by another engine of this process, "
                      + ProcessHandle.current().pid(),
                  null));
        }
      }
    }
    return turn;
  }

  /** Opens the device as soon as no other process uses it. */
  <T> T open(Supplier<T> opener) {
    while (true) {
      try {
        return opener.get();
      } catch (EngineException e) {
        if (!e.isDeviceInUse()) {
          throw e;
        }
        synchronized (TAKEN) {
          await(e);
        }
      }
    }
  }

  /** Waits a moment, or throws because time is over. Called with the lock on what is taken. */
  private void await(EngineException inUse) {
    long left = deadline - System.nanoTime();
    if (left <= 0) {
      throw inUse;
    }
    LOG.debug("waiting for a GPU: {}", inUse.getMessage());
    try {
      TimeUnit.NANOSECONDS.timedWait(TAKEN, Math.min(left, LOOK_AGAIN.toNanos()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw EngineException.retryable("interrupted while waiting for a GPU", e);
    }
  }

  /** Gives the turn back; a second call does nothing. */
  @Override
  public void close() {
    if (isExclusive && isClosed.compareAndSet(false, true)) {
      synchronized (TAKEN) {
        TAKEN.notifyAll();
      }
    }
  }
}
