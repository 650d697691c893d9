// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static dev.highbeam.runtime.api.Checks.checkState;

import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/**
 * A point in a stream that can be waited for. One that was never recorded counts as passed. Used by
 * one thread at a time.
 */
public final class CudaEvent extends CudaHandle {

  private final CUevent event;
  private final boolean timed;
  private @Nullable CudaStream recordedOn;
  private long recordedAt;
  private @Nullable Capture capture;

  private CudaEvent(SharedContext context, CUevent event, boolean timed) {
    super(context, "event", timed ? "timer" : "event");
    this.event = event;
    this.timed = timed;
  }

  static CudaEvent create(SharedContext context, boolean timed) {
    CUevent event = new CUevent();
    int flags = timed ? CUevent_flags.CU_EVENT_DEFAULT : CUevent_flags.CU_EVENT_DISABLE_TIMING;
    context.check(JCudaDriver.cuEventCreate(event, flags), "cuEventCreate", "an event");
    CudaEvent created = new CudaEvent(context, event, timed);
    context.ledger().opened(created);
    return created;
  }

  /** Waits until the work before the last recording is done. */
  public void synchronize() {
    checkOpen();
    boolean entered = context().enter();
    try {
      context().check(JCudaDriver.cuEventSynchronize(event), "cuEventSynchronize", toString());
      passed();
    } finally {
      context().leave(entered);
    }
  }

  /** Whether the work before the last recording is done; does not wait. */
  public boolean isDone() {
    checkOpen();
    boolean entered = context().enter();
    try {
      int code = JCudaDriver.cuEventQuery(event);
      if (code == CUresult.CUDA_ERROR_NOT_READY) {
        return false;
      }
      context().check(code, "cuEventQuery", toString());
      passed();
      return true;
    } finally {
      context().leave(entered);
    }
  }

  /** Milliseconds of device time since another event; both made for timing and passed. */
  public float millisSince(CudaEvent start) {
    checkOpen();
    start.checkOpen();
    checkState(timed && start.timed, "time is measured between events made for timing");
    boolean entered = context().enter();
    try {
      float[] millis = new float[1];
      context()
          .check(
              JCudaDriver.cuEventElapsedTime(millis, start.event, event),
              "cuEventElapsedTime",
              toString());
      return millis[0];
    } finally {
      context().leave(entered);
    }
  }

  /** Remembers what lies before it, once the driver has recorded it on a stream. */
  void recorded(CudaStream stream, long position, @Nullable Capture capture) {
    this.recordedOn = stream;
    this.recordedAt = position;
    this.capture = capture;
  }

  /** The capture that its last recording belongs to. */
  @Nullable Capture capture() {
    return capture;
  }

  private void passed() {
    CudaStream stream = recordedOn;
    if (stream != null) {
      stream.log().finished(recordedAt);
    }
  }

  CUevent handle() {
    return event;
  }

  @Override
  int free() {
    return JCudaDriver.cuEventDestroy(event);
  }
}
