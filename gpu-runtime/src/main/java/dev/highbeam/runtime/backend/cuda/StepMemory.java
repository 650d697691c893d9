// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.KvGroup;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.CudaStream;
import java.util.ArrayList;
import java.util.List;

/**
 * All memory of an executable, taken once: nothing is allocated within a step. A failure gives back
 * what was taken before it.
 */
final class StepMemory implements AutoCloseable {

  private final CudaContext context;
  private final List<AutoCloseable> owned = new ArrayList<>();
  private final DeviceBuffers buffers;
  private final List<KvPages> kv = new ArrayList<>();
  private final RopeTables ropes;
  private final SinkTables sinks;
  private final SlotState state;
  private final Workspace workspace;
  private final StepResults results;
  private final BatchArena arena;

  StepMemory(
      CudaContext context,
      CudaStream stream,
      Program program,
      Capacity capacity,
      MemoryShape shape,
      LayerPlaces places) {
    this.context = context;
    try {
      buffers = own(new DeviceBuffers(context, stream, program, capacity));
      for (KvGroup group : program.kvGroups()) {
        kv.add(own(new KvPages(context, group, capacity, places)));
      }
      ropes = own(new RopeTables(context, stream, program, capacity.maxModelLength()));
      sinks = own(new SinkTables(context, stream, program));
      state = own(new SlotState(context, stream, capacity));
      workspace = own(new Workspace(context, stream, shape.workspace()));
      results = own(new StepResults(context, capacity));
      arena = own(new BatchArena(context, shape.arenaWords()));
    } catch (RuntimeException e) {
      Closing.all(owned);
      throw e;
    }
  }

  private <T extends AutoCloseable> T own(T resource) {
    owned.add(resource);
    return resource;
  }

  CudaContext context() {
    return context;
  }

  DeviceBuffers buffers() {
    return buffers;
  }

  BatchArena arena() {
    return arena;
  }

  StepResults results() {
    return results;
  }

  Workspace workspace() {
    return workspace;
  }

  /** The memory as the ops of one layout see it. */
  Binding binding(Kernels kernels, Capacity capacity, BatchLayout layout) {
    return new Binding(
        context,
        kernels,
        capacity,
        buffers,
        List.copyOf(kv),
        ropes,
        sinks,
        new BatchPointers(arena.device(), layout),
        state,
        workspace,
        results);
  }

  @Override
  public void close() {
    Closing.all(owned);
  }
}
