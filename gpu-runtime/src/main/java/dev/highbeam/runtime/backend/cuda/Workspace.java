// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.CudaStream;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.DevicePointer;
import java.util.List;

/**
 * Memory for partial results within one op: f32 sums of split linears and attention, counters, and
 * what sampling knows of its rows. Ops run one after the other, so all share it. Counters are zero
 * between ops: the block that arrives last sets them back.
 */
final class Workspace implements AutoCloseable {

  private final DeviceMemory partials;
  private final DeviceMemory counters;
  private final DeviceMemory sampleWork;
  private final DeviceMemory sampleScratch;

  /** Memory as the plan says. */
  Workspace(CudaContext context, CudaStream stream, WorkspacePlan plan) {
    partials = context.allocate(plan.partialBytes(), "partial sums");
    counters = context.allocate(plan.counterBytes(), "counters");
    sampleWork = context.allocate(plan.sampleWorkBytes(), "rows of logits");
    sampleScratch = context.allocate(plan.sampleScratchBytes(), "token counts");
    for (DeviceMemory memory : List.of(counters, sampleWork, sampleScratch)) {
      stream.fill(memory.pointer(), (byte) 0);
    }
  }

  DevicePointer partials() {
    return partials.pointer();
  }

  DevicePointer counters() {
    return counters.pointer();
  }

  /** What is known of each row of logits, between the kernels of sampling. */
  DevicePointer sampleWork() {
    return sampleWork.pointer();
  }

  /** [blocks][2][vocabulary] int32 for penalties; zero between uses. */
  DevicePointer sampleScratch() {
    return sampleScratch.pointer();
  }

  @Override
  public void close() {
    Closing.all(List.of(partials, counters, sampleWork, sampleScratch));
  }
}
