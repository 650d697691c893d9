// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The open handles of one context and its first fatal failure.
 *
 * <p>Synchronised, an exception to the rule that only the engine's loop knows threads: two engines
 * on one device share its context and open and close handles from their own threads. Nothing here
 * is on the path of a launch except {@link #closes} and {@link #firstCause}, which are volatile.
 */
final class HandleLedger {

  private final Set<CudaHandle> open = Collections.newSetFromMap(new IdentityHashMap<>());
  private volatile long closes;
  private volatile @Nullable StickyCudaException firstCause;

  synchronized void opened(CudaHandle handle) {
    open.add(handle);
  }

  /** True for the one caller that is to free the handle. */
  synchronized boolean closed(CudaHandle handle) {
    boolean first = open.remove(handle);
    if (first) {
      closes++;
    }
    return first;
  }

  /** Forgets all open handles, which their context takes with it; returns their names, sorted. */
  synchronized List<String> abandon() {
    List<String> names = open.stream().map(CudaHandle::toString).sorted().toList();
    open.forEach(CudaHandle::abandon);
    open.clear();
    closes++;
    return names;
  }

  /** The first failure of the context: the one given, unless another came before it. */
  synchronized StickyCudaException poison(int code, String call, String what) {
    StickyCudaException first = firstCause;
    if (first == null) {
      first = StickyCudaException.first(code, call, what, running());
      firstCause = first;
      return first;
    }
    return first.again();
  }

  /** Operations that are not known to have finished; by stream, each oldest first. */
  private List<String> running() {
    List<String> running = new ArrayList<>();
    for (CudaHandle handle : open) {
      if (handle instanceof CudaStream stream) {
        running.addAll(stream.log().unfinished());
      }
    }
    return running;
  }

  /** Grows whenever a handle is closed, so that a launch can tell cheaply that none was. */
  long closes() {
    return closes;
  }

  @Nullable StickyCudaException firstCause() {
    return firstCause;
  }

  /** Names of the open handles. */
  synchronized List<String> openNames() {
    return open.stream().map(CudaHandle::toString).sorted().toList();
  }
}
