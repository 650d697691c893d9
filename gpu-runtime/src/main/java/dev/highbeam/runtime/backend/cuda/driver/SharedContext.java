// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import java.util.List;
import java.util.function.Supplier;
import jcuda.driver.CUcontext;
import jcuda.driver.CUctx_flags;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The context behind all leases of one device. Every call of the driver that needs a context is
 * made between {@link #enter} and {@link #leave}.
 *
 * <p>It is a context of our own (cuCtxCreate), not the device's primary one: another CUDA library
 * in the process that resets the primary context would destroy our memory, and destroying ours
 * gives back all that it held, whatever was forgotten. The price, a few hundred MB for a second
 * context, is paid only in processes where such a library exists.
 */
final class SharedContext {

  private static final Logger LOG = LoggerFactory.getLogger(SharedContext.class);

  /** Present while the thread is inside some context; removed outside, so it outlives no loader. */
  private static final ThreadLocal<@Nullable Scope> SCOPES = new ThreadLocal<>();

  /** How deep this thread is in enter, and a place to receive the current context in. */
  private static final class Scope {
    private final CUcontext current = new CUcontext();
    private int depth;
  }

  private final CudaDevice device;
  private final CUcontext handle;
  private final ForkGuard forkGuard;
  private final HandleLedger ledger = new HandleLedger();
  private volatile boolean destroyed;

  private SharedContext(CudaDevice device, CUcontext handle, ForkGuard forkGuard) {
    this.device = device;
    this.handle = handle;
    this.forkGuard = forkGuard;
  }

  /** Makes a context; the calling thread's current context stays what it was. */
  static SharedContext create(CudaDriver driver, int ordinal) {
    CudaDevice device = driver.device(ordinal);
    String what = "context of " + device.displayName();
    CUcontext handle = new CUcontext();
    CudaException.check(
        JCudaDriver.cuCtxCreate(handle, CUctx_flags.CU_CTX_SCHED_AUTO, DeviceQuery.handle(ordinal)),
        "cuCtxCreate",
        what);
    int popped = JCudaDriver.cuCtxPopCurrent(new CUcontext());
    if (popped != CudaException.SUCCESS) {
      JCudaDriver.cuCtxDestroy(handle);
      throw CudaException.of(popped, "cuCtxPopCurrent", what);
    }
    return new SharedContext(device, handle, driver.forkGuard());
  }

  CudaDevice device() {
    return device;
  }

  int ordinal() {
    return device.ordinal();
  }

  HandleLedger ledger() {
    return ledger;
  }

  /** Throws the first cause if the context is lost, IllegalStateException if it is closed. */
  void checkUsable() {
    StickyCudaException first = ledger.firstCause();
    if (first != null) {
      throw first.again();
    }
    if (destroyed) {
      throw new IllegalStateException("the context of " + device.displayName() + " is closed");
    }
  }

  /**
   * Makes this context the thread's current one. Asks the driver which one is, every time: what a
   * thread had before, other code may have changed.
   *
   * @return whether {@link #leave} has to restore the caller's
   */
  boolean enter() {
    checkUsable();
    Scope scope = SCOPES.get();
    if (scope == null) {
      forkGuard.check();
      scope = new Scope();
      SCOPES.set(scope);
    }
    scope.depth++;
    try {
      return makeCurrent(scope);
    } catch (RuntimeException e) {
      up(scope);
      throw e;
    }
  }

  private boolean makeCurrent(Scope scope) {
    check(JCudaDriver.cuCtxGetCurrent(scope.current), "cuCtxGetCurrent", "entering a context");
    if (scope.current.equals(handle)) {
      return false;
    }
    check(JCudaDriver.cuCtxPushCurrent(handle), "cuCtxPushCurrent", "entering a context");
    return true;
  }

  /** Ends what {@link #enter} began; must be called in a finally block on the same thread. */
  void leave(boolean entered) {
    Scope scope = SCOPES.get();
    if (scope == null) {
      throw new IllegalStateException("leave without enter");
    }
    if (entered) {
      // A failure here has no caller who could act; the next enter would meet it again.
      int code = JCudaDriver.cuCtxPopCurrent(scope.current);
      if (code != CudaException.SUCCESS) {
        LOG.warn("{}", CudaException.message(code, "cuCtxPopCurrent", "leaving " + this));
      }
    }
    up(scope);
  }

  private static void up(Scope scope) {
    if (--scope.depth == 0) {
      SCOPES.remove();
    }
  }

  /** Runs the body inside this context. */
  void run(Runnable body) {
    boolean entered = enter();
    try {
      body.run();
    } finally {
      leave(entered);
    }
  }

  /** Runs the body inside this context and returns its result. */
  <T> T call(Supplier<T> body) {
    boolean entered = enter();
    try {
      return body.get();
    } finally {
      leave(entered);
    }
  }

  /** Throws unless the code of a call inside this context is success. */
  void check(int code, String call, String what) {
    if (code != CudaException.SUCCESS) {
      throw failure(code, call, what);
    }
  }

  /** The exception for a failed call inside this context; a sticky one ends the context. */
  CudaException failure(int code, String call, String what) {
    if (code == CUresult.CUDA_ERROR_NOT_INITIALIZED) {
      forkGuard.check();
    }
    String where = what + " on " + device.displayName();
    return StickyCudaException.isSticky(code)
        ? ledger.poison(code, call, where)
        : CudaException.of(code, call, where);
  }

  /** Frees one handle; nothing to do for one whose context is lost or gone. */
  void release(CudaHandle handle) {
    if (!ledger.closed(handle) || destroyed || ledger.firstCause() != null) {
      return;
    }
    boolean entered = enter();
    try {
      int code = handle.free();
      if (code != CudaException.SUCCESS) {
        throw failure(code, "freeing", handle.toString());
      }
    } finally {
      leave(entered);
    }
  }

  /** Destroys the context with all that is still open in it; returns the names of that. */
  List<String> destroy() {
    destroyed = true;
    List<String> leaked = ledger.abandon();
    int code = JCudaDriver.cuCtxDestroy(handle);
    if (code != CudaException.SUCCESS) {
      LOG.warn("{}", CudaException.message(code, "cuCtxDestroy", "end of " + this));
    }
    return leaked;
  }

  @Override
  public String toString() {
    return device.displayName();
  }
}
