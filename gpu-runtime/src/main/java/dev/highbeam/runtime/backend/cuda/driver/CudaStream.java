// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static dev.highbeam.runtime.api.Checks.checkArgument;
import static dev.highbeam.runtime.api.Checks.checkState;

import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/**
 * A queue of work for the device, done in order. Everything here returns before the work is done,
 * except {@link #synchronize}. Used by one thread at a time. The driver's default stream is not
 * reachable: it would belong to whatever context a thread has, and wait for all others.
 */
public final class CudaStream extends CudaHandle {

  private final CUstream stream;
  private final ParameterBlock parameters;
  private final LaunchLog log = new LaunchLog();
  private @Nullable Capture capture;

  private CudaStream(
      SharedContext context, CUstream stream, ParameterBlock parameters, String label) {
    super(context, "stream", label);
    this.stream = stream;
    this.parameters = parameters;
  }

  static CudaStream create(SharedContext context, String label) {
    ParameterBlock parameters = ParameterBlock.allocate(context, label);
    CUstream handle = new CUstream();
    int code = JCudaDriver.cuStreamCreate(handle, CUstream_flags.CU_STREAM_NON_BLOCKING);
    if (code != CudaException.SUCCESS) {
      parameters.free();
      throw context.failure(code, "cuStreamCreate", "stream '" + label + "'");
    }
    CudaStream stream = new CudaStream(context, handle, parameters, label);
    context.ledger().opened(stream);
    return stream;
  }

  /** Runs a kernel. */
  public void launch(Launch launch) {
    SharedContext context = context();
    checkOpen();
    DeviceMismatchException.check(
        launch.context(), context, "the stream '" + label() + "'", "launch " + launch + " belongs");
    launch.checkUsable();
    Capture recording = capture;
    boolean entered = context.enter();
    try {
      int code = launch.issue(stream, parameters);
      if (code != CudaException.SUCCESS) {
        throw context.failure(code, "cuLaunchKernel", "launch of " + launch);
      }
      if (recording == null) {
        log.issue(launch.label());
      } else {
        launch.addTo(recording);
      }
    } finally {
      context.leave(entered);
    }
  }

  /** Copies from the start of pinned memory to the start of a view. */
  public void copyToDevice(DevicePointer target, PinnedMemory source, long bytes) {
    copyToDevice(target, source, 0, bytes);
  }

  /** Copies pinned bytes [sourceOffset, sourceOffset + bytes) to the start of a view. */
  public void copyToDevice(
      DevicePointer target, PinnedMemory source, long sourceOffset, long bytes) {
    check(target, bytes, "target");
    check(source, sourceOffset, bytes, "source");
    issue(
        "cuMemcpyHtoDAsync",
        "copy to " + target.memory(),
        () ->
            JCudaDriver.cuMemcpyHtoDAsync(target.handle(), source.at(sourceOffset), bytes, stream),
        target.memory(),
        source);
  }

  /** Copies from the start of a view to the start of pinned memory. */
  public void copyToHost(PinnedMemory target, DevicePointer source, long bytes) {
    copyToHost(target, 0, source, bytes);
  }

  /** Copies from the start of a view to pinned bytes [targetOffset, targetOffset + bytes). */
  public void copyToHost(PinnedMemory target, long targetOffset, DevicePointer source, long bytes) {
    check(target, targetOffset, bytes, "target");
    check(source, bytes, "source");
    issue(
        "cuMemcpyDtoHAsync",
        "copy from " + source.memory(),
        () ->
            JCudaDriver.cuMemcpyDtoHAsync(target.at(targetOffset), source.handle(), bytes, stream),
        target,
        source.memory());
  }

  /** Copies all of a view to another of the same size. */
  public void copy(DevicePointer target, DevicePointer source) {
    checkArgument(
        target.bytes() == source.bytes(),
        "a copy needs views of one size, not %s and %s bytes",
        target.bytes(),
        source.bytes());
    check(target, target.bytes(), "target");
    check(source, source.bytes(), "source");
    issue(
        "cuMemcpyDtoDAsync",
        "copy to " + target.memory(),
        () ->
            JCudaDriver.cuMemcpyDtoDAsync(target.handle(), source.handle(), source.bytes(), stream),
        target.memory(),
        source.memory());
  }

  /** Sets every byte of a view. */
  public void fill(DevicePointer target, byte value) {
    check(target, target.bytes(), "target");
    issue(
        "cuMemsetD8Async",
        "fill of " + target.memory(),
        () -> JCudaDriver.cuMemsetD8Async(target.handle(), value, target.bytes(), stream),
        target.memory());
  }

  /** Marks the work so far with an event. */
  public void record(CudaEvent event) {
    check(event, "event");
    long position = log.position();
    call(
        "cuEventRecord", event.toString(), () -> JCudaDriver.cuEventRecord(event.handle(), stream));
    event.recorded(this, position, capture);
  }

  /** Lets later work of this stream begin only when the event has passed. */
  public void waitFor(CudaEvent event) {
    check(event, "event");
    call(
        "cuStreamWaitEvent",
        event.toString(),
        () -> JCudaDriver.cuStreamWaitEvent(stream, event.handle(), 0));
    Capture joined = event.capture();
    if (joined != null) {
      joined.join(this);
      capture = joined;
    }
  }

  /** Waits until all work is done; an error of that work surfaces here. */
  public void synchronize() {
    long position = log.position();
    call("cuStreamSynchronize", "wait for " + this, () -> JCudaDriver.cuStreamSynchronize(stream));
    log.finished(position);
  }

  /** Whether all work is done; does not wait. */
  public boolean isDone() {
    checkOpen();
    SharedContext context = context();
    long position = log.position();
    boolean entered = context.enter();
    try {
      int code = JCudaDriver.cuStreamQuery(stream);
      if (code == CUresult.CUDA_ERROR_NOT_READY) {
        return false;
      }
      context.check(code, "cuStreamQuery", toString());
      log.finished(position);
      return true;
    } finally {
      context.leave(entered);
    }
  }

  /**
   * From now on work is recorded into a graph instead of being done, on this stream and on those
   * that come to wait for its events. Nothing may be allocated or waited for meanwhile.
   */
  public void beginCapture(String graphLabel) {
    checkState(capture == null, "%s is recording a graph already", this);
    // Other threads of the process go on allocating and waiting as they like.
    int mode = CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
    call(
        "cuStreamBeginCapture",
        "graph '" + graphLabel + "'",
        () -> JCudaDriver.cuStreamBeginCapture(stream, mode));
    capture = new Capture(this, graphLabel);
  }

  /** Ends the recording; the graph can be launched any number of times. */
  public CudaGraph endCapture() {
    Capture recorded = stopRecording();
    CUgraph graph = new CUgraph();
    call(
        "cuStreamEndCapture",
        "graph '" + recorded.label() + "'",
        () -> JCudaDriver.cuStreamEndCapture(stream, graph));
    return context().call(() -> CudaGraph.instantiate(context(), graph, recorded));
  }

  /**
   * Records what the body gives to this stream. If the body fails, the recording is ended and
   * thrown away, so that the stream can be used again.
   */
  public CudaGraph capture(String graphLabel, Runnable body) {
    beginCapture(graphLabel);
    boolean complete = false;
    try {
      body.run();
      complete = true;
    } finally {
      if (!complete) {
        discardCapture();
      }
    }
    return endCapture();
  }

  private void discardCapture() {
    stopRecording();
    if (context().ledger().firstCause() == null) {
      CUgraph graph = new CUgraph();
      context()
          .call(
              () ->
                  // An invalid capture has no graph; the failure that led here is the one to
                  // report.
                  JCudaDriver.cuStreamEndCapture(stream, graph) == CudaException.SUCCESS
                      ? JCudaDriver.cuGraphDestroy(graph)
                      : CudaException.SUCCESS);
    }
  }

  private Capture stopRecording() {
    Capture recorded = capture;
    if (recorded == null || recorded.origin() != this) {
      throw new IllegalStateException(this + " has not begun to record a graph");
    }
    recorded.streams().forEach(member -> member.capture = null);
    return recorded;
  }

  /** Puts a graph into this stream; called by the graph. */
  void launch(CUgraphExec graph, CudaGraph owner) {
    check(owner, "graph");
    issue("cuGraphLaunch", owner.toString(), () -> JCudaDriver.cuGraphLaunch(graph, stream), owner);
  }

  private interface DriverCall {
    int make();
  }

  /** One operation of the device: noted in the log, or in the graph that is being recorded. */
  private void issue(String name, String what, DriverCall driverCall, CudaHandle... used) {
    call(name, what, driverCall);
    Capture recording = capture;
    if (recording == null) {
      log.issue(what);
    } else {
      for (CudaHandle handle : used) {
        recording.use(handle);
      }
    }
  }

  private void call(String name, String what, DriverCall driverCall) {
    checkOpen();
    SharedContext context = context();
    boolean entered = context.enter();
    try {
      context.check(driverCall.make(), name, what);
    } finally {
      context.leave(entered);
    }
  }

  private void check(DevicePointer pointer, long bytes, String argument) {
    check(pointer.memory(), argument);
    pointer.checkHolds(bytes, argument);
  }

  private void check(PinnedMemory memory, long offset, long bytes, String argument) {
    check(memory, argument);
    memory.checkRange(offset, bytes, argument);
  }

  private void check(CudaHandle handle, String argument) {
    DeviceMismatchException.check(
        context(), handle.context(), argument + " (" + handle + ")", "stream '" + label() + "'");
    handle.checkOpen();
  }

  LaunchLog log() {
    return log;
  }

  @Override
  int free() {
    int code = JCudaDriver.cuStreamDestroy(stream);
    int alsoFreed = parameters.free();
    return code == CudaException.SUCCESS ? alsoFreed : code;
  }
}
