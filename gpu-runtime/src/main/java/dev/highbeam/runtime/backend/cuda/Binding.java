// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.KvGroup;
import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import java.util.List;

/**
 * The memory that a program's ops are bound to. One per layout of the batch arena: what the graphs
 * replay reads other offsets than what eager steps launch.
 *
 * @param context where all of it lives
 * @param kernels the loaded image
 * @param capacity the largest step
 * @param buffers activations
 * @param kv pages by index of their group
 * @param ropes rotation tables
 * @param sinks attention sinks
 * @param batch the step's arrays
 * @param state slots, last tokens and the tokens of the pages
 * @param workspace partial sums
 * @param results what a step gives back
 */
record Binding(
    CudaContext context,
    Kernels kernels,
    Capacity capacity,
    DeviceBuffers buffers,
    List<KvPages> kv,
    RopeTables ropes,
    SinkTables sinks,
    BatchPointers batch,
    SlotState state,
    Workspace workspace,
    StepResults results) {

  /** Facts from which kernels are chosen and grids are made. */
  KernelTarget target() {
    return kernels.target();
  }

  KvPages kv(KvGroup group) {
    return kv.get(group.index());
  }

  /** Most rows of a buffer. */
  int mostRows(boolean isHead) {
    return isHead ? capacity.headRows() : capacity.maxStepTokens();
  }
}
