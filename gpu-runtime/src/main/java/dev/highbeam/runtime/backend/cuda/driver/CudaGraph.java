// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import java.util.List;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.JCudaDriver;

/**
 * Recorded work that is launched as a whole. The addresses in it are those of the recording, so it
 * refuses to run once any memory or kernel that it uses is closed.
 */
public final class CudaGraph extends CudaHandle {

  private final CUgraph graph;
  private final CUgraphExec executable;
  private final List<CudaHandle> used;
  private long closesSeen;

  private CudaGraph(
      SharedContext context, CUgraph graph, CUgraphExec executable, Capture recorded) {
    super(context, "graph", recorded.label());
    this.graph = graph;
    this.executable = executable;
    this.used = recorded.used();
    this.closesSeen = context.ledger().closes();
  }

  /** Makes a recorded graph launchable; called with the context current. */
  static CudaGraph instantiate(SharedContext context, CUgraph graph, Capture recorded) {
    CUgraphExec executable = new CUgraphExec();
    int code = JCudaDriver.cuGraphInstantiate(executable, graph, 0);
    if (code != CudaException.SUCCESS) {
      JCudaDriver.cuGraphDestroy(graph);
      throw context.failure(code, "cuGraphInstantiate", "graph '" + recorded.label() + "'");
    }
    CudaGraph created = new CudaGraph(context, graph, executable, recorded);
    context.ledger().opened(created);
    return created;
  }

  /** Puts the recorded work into a stream. */
  public void launch(CudaStream stream) {
    long closes = context().ledger().closes();
    if (closes != closesSeen) {
      used.forEach(CudaHandle::checkOpen);
      closesSeen = closes;
    }
    stream.launch(executable, this);
  }

  @Override
  int free() {
    int code = JCudaDriver.cuGraphExecDestroy(executable);
    int graphCode = JCudaDriver.cuGraphDestroy(graph);
    return code == CudaException.SUCCESS ? graphCode : code;
  }
}
