// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static dev.highbeam.runtime.api.Checks.checkArgument;
import static dev.highbeam.runtime.api.Checks.checkState;

import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lease on the one context that this process has on a device. Any thread may use it: every call
 * makes the context current and restores what the thread had before. Who makes many calls in a row
 * wraps them in {@link #run}, inside which each costs no switch.
 *
 * <p>The last lease to close destroys the context and reports the handles still open.
 */
public final class CudaContext implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(CudaContext.class);

  /** With the value {@code fail}, as in tests, a handle left open fails the last close. */
  private static final String LEAKS = "highbeam.cuda.leaks";

  private final SharedContext shared;
  private boolean closed;

  private CudaContext(SharedContext shared) {
    this.shared = shared;
  }

  /**
   * Takes a lease on a device's context, made if this process has none. A failure leaves nothing
   * behind, so a later call may succeed.
   *
   * @throws CudaException with the code of the step that failed
   * @throws StickyCudaException with the first cause, if the existing context is lost
   */
  public static CudaContext acquire(CudaDriver driver, int ordinal) {
    return new CudaContext(CudaProcess.acquire(driver, ordinal));
  }

  /** A context beside the process's own one; for tests of what two contexts must not share. */
  static CudaContext separate(CudaDriver driver, int ordinal) {
    return new CudaContext(SharedContext.create(driver, ordinal));
  }

  /** The facts of its device. */
  public CudaDevice device() {
    return shared.device();
  }

  /** Runs the body with this context current and restores the thread's own afterwards. */
  public void run(Runnable body) {
    shared().run(body);
  }

  /** As {@link #run}, with a result. */
  public <T> T call(Supplier<T> body) {
    return shared().call(body);
  }

  /** Device memory of undefined content; throws CudaException (2) if there is not enough. */
  public DeviceMemory allocate(long bytes, String label) {
    checkArgument(bytes > 0, "size of '%s' must be positive, was %s", label, bytes);
    return call(() -> DeviceMemory.allocate(shared, bytes, label));
  }

  /**
   * Host memory for asynchronous copies, at most 2 GiB - 1 bytes.
   *
   * @param mapped whether kernels may use it in place
   */
  public PinnedMemory allocatePinned(long bytes, String label, boolean mapped) {
    checkArgument(
        bytes > 0 && bytes <= Integer.MAX_VALUE,
        "size of '%s' must be from 1 to %s, was %s",
        label,
        Integer.MAX_VALUE,
        bytes);
    return call(() -> PinnedMemory.allocate(shared, (int) bytes, label, mapped));
  }

  /** A stream that waits for no other. */
  public CudaStream stream(String label) {
    return call(() -> CudaStream.create(shared, label));
  }

  public CudaEvent event() {
    return call(() -> CudaEvent.create(shared, false));
  }

  /** An event that also tells the time; slower to record. */
  public CudaEvent timingEvent() {
    return call(() -> CudaEvent.create(shared, true));
  }

  /**
   * Loads kernels.
   *
   * @param image a cubin, a fatbin, or PTX text, which the driver then compiles
   */
  public CudaModule load(byte[] image, String label) {
    return call(() -> CudaModule.load(shared, image, label));
  }

  /** Compiles PTX text for this device; returns the cubin, which {@link #load} takes. */
  public byte[] link(byte[] ptx, String label) {
    return call(() -> PtxLinker.link(shared, ptx, label));
  }

  /** Device memory now. */
  public MemoryInfo memoryInfo() {
    return call(() -> MemoryInfo.query(shared));
  }

  /** Throws the first cause if the context is lost. */
  public void checkUsable() {
    shared().checkUsable();
  }

  /** Whether both are leases on one context, so that their handles may meet. */
  public boolean isSameContextAs(CudaContext other) {
    return shared == other.shared;
  }

  /** Names of the handles that are open in the context now, those of other leases included. */
  public List<String> openHandles() {
    return shared.ledger().openNames();
  }

  SharedContext shared() {
    checkState(!closed, "this lease on %s is closed", shared);
    return shared;
  }

  /** Gives the lease back; a second call does nothing. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    List<String> leaked = CudaProcess.release(shared);
    if (!leaked.isEmpty()) {
      String message = "closed " + shared + " with open handles: " + String.join(", ", leaked);
      checkState(!"fail".equals(System.getProperty(LEAKS)), "%s", message);
      LOG.warn("{}", message);
    }
  }

  @Override
  public String toString() {
    return "context of " + shared;
  }
}
