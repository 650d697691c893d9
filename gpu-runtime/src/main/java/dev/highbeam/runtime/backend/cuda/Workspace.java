// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.CudaStream;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.DevicePointer;
import java.util.List;

/**
 * Memory for partial results within one op: f32 sums of split linears and attention, and counters.
 * Ops run one after the other, so all share it. Counters are zero between ops: the block that
 * arrives last sets them back.
 */
final class Workspace implements AutoCloseable {

  private final DeviceMemory partials;
  private final DeviceMemory counters;
  private final DeviceMemory tokenCounts;

  /** Memory as the plan says. */
  Workspace(CudaContext context, CudaStream stream, WorkspacePlan plan) {
    partials = context.allocate(plan.partialBytes(), "partial sums");
    counters = context.allocate(plan.counterBytes(), "counters");
    tokenCounts = context.allocate(plan.tokenCountBytes(), "token counts");
    stream.fill(counters.pointer(), (byte) 0);
    stream.fill(tokenCounts.pointer(), (byte) 0);
  }

  DevicePointer partials() {
    return partials.pointer();
  }

  DevicePointer counters() {
    return counters.pointer();
  }

  /** [blocks][vocabulary] int32 for penalties; zero between uses. */
  DevicePointer tokenCounts() {
    return tokenCounts.pointer();
  }

  @Override
  public void close() {
    Closing.all(List.of(partials, counters, tokenCounts));
  }
}
