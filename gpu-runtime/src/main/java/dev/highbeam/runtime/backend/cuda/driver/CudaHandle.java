// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static dev.highbeam.runtime.api.Checks.checkState;

/**
 * Something that the driver holds for one context until it is closed. The label is what messages
 * and leak reports call it. Closing twice, or after the context, does nothing.
 */
public abstract sealed class CudaHandle implements AutoCloseable
    permits CudaMemory, CudaStream, CudaEvent, CudaModule, CudaGraph {

  private final SharedContext context;
  private final String kind;
  private final String label;
  private volatile boolean closed;

  CudaHandle(SharedContext context, String kind, String label) {
    this.context = context;
    this.kind = kind;
    this.label = label;
  }

  /** The name that it was given. */
  public final String label() {
    return label;
  }

  public final boolean isClosed() {
    return closed;
  }

  /** Gives it back to the driver, which first finishes what uses it. */
  @Override
  public void close() {
    closed = true;
    context.release(this);
  }

  /** Its context went away and took it along. */
  final void abandon() {
    closed = true;
  }

  /** The driver's call that frees it; made with the context current. Returns the driver's code. */
  abstract int free();

  final SharedContext context() {
    return context;
  }

  final void checkOpen() {
    checkState(!closed, "%s is closed", this);
  }

  @Override
  public final String toString() {
    return kind + " '" + label + "'";
  }
}
