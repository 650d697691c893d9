// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.backend.BatchCheck;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.StepOutput;
import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.CudaEvent;
import dev.highbeam.runtime.backend.cuda.driver.CudaStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A program on one device. A step is: write the batch into a pinned piece, copy it, launch the ops
 * (or replay the graph of a step that only decodes), copy the results back, record an event. Two
 * steps may be in flight, each with its own pinned pieces; on the device the stream's order keeps
 * them apart.
 */
final class CudaExecutable implements Executable {

  private static final int PIECES = 2;

  private final CudaContext context;
  private final StepMemory memory;
  private final ExecutableSetup setup;
  private final CudaStream stream;
  private final BatchWriter writer;
  private final AttentionWork attentionWork;
  private final BatchLayout eagerLayout;
  private final AssignOp assign;
  private final BoundProgram eager;
  private final @Nullable StepGraphs graphs;
  private final StepCounts counts = new StepCounts();

  /** Only where mistakes are looked for: a wrong batch is named before a kernel meets it. */
  private final @Nullable BatchCheck check;

  private final CudaEvent[] done = new CudaEvent[PIECES];
  private final @Nullable ForwardBatch[] inFlight = new ForwardBatch[PIECES];
  private final List<AutoCloseable> owned = new ArrayList<>();
  // Written by the engine's thread, read by the watchdog's; null while ops go one by one.
  private volatile @Nullable String currentGraph;
  private int launched;
  private int awaited;

  /** An executable that owns the memory and the setup's stream of weights. */
  CudaExecutable(StepMemory memory, ExecutableSetup setup) {
    this.memory = memory;
    this.setup = setup;
    this.context = memory.context();
    this.stream = setup.stream();
    this.attentionWork =
        new AttentionWork(
            setup.attentions(), setup.capacity(), setup.shape().workspace().maxPartials());
    this.writer = new BatchWriter(vocabulary(), attentionWork);
    this.eagerLayout = setup.shape().eagerLayout();
    this.check =
        setup.settings().isSynchronous() ? new BatchCheck(setup.capacity(), vocabulary()) : null;
    this.assign = new AssignOp(memory.binding(setup.kernels(), setup.capacity(), eagerLayout));
    owned.add(memory);
    if (setup.weights() != null) {
      owned.add(setup.weights());
    }
    try {
      this.eager = setup.bind(memory, eagerLayout);
      for (int piece = 0; piece < PIECES; piece++) {
        done[piece] = own(context.event());
      }
      this.graphs = setup.settings().useGraphs() ? own(recordGraphs()) : null;
      stream.synchronize();
    } catch (RuntimeException e) {
      Closing.all(owned);
      throw e;
    }
  }

  private int vocabulary() {
    return setup.program().vocabularySize();
  }

  private <T extends AutoCloseable> T own(T resource) {
    owned.add(resource);
    return resource;
  }

  private StepGraphs recordGraphs() {
    return new StepGraphs(
        setup.capacity().maxSequences(),
        stream,
        setup.shape()::decodeLayout,
        layout -> {
          BoundProgram bound = setup.bind(memory, layout);
          StepCounts largest = new StepCounts();
          largest.setLargest(layout);
          return () -> bound.enqueue(stream, largest);
        });
  }

  @Override
  public void launch(ForwardBatch batch) {
    Checks.checkState(launched - awaited < PIECES, "two steps are in flight already");
    if (check != null && batch.tokenCount() > 0) {
      check.accept(batch);
    }
    DeviceFaults.inStep(() -> context.run(() -> enqueue(batch, launched % PIECES)));
    inFlight[launched % PIECES] = batch;
    launched++;
  }

  private void enqueue(ForwardBatch batch, int piece) {
    int graph = graphs == null ? -1 : graphs.indexOf(batch);
    BatchLayout layout = graph < 0 || graphs == null ? eagerLayout : graphs.layout(graph);
    memory.arena().send(batch, layout, writer, piece, stream);
    counts.set(batch, attentionWork);
    // Rarely needed, and its place in the arena varies: never part of a graph.
    assign.enqueue(stream, counts);
    if (graph < 0 || graphs == null) {
      currentGraph = null;
      eager.enqueue(stream, counts);
    } else {
      currentGraph = graphs.name(graph);
      graphs.launch(graph, stream);
    }
    memory.results().copyToHost(batch, piece, stream);
    stream.record(done[piece]);
  }

  @Override
  public StepOutput await() {
    Checks.checkState(awaited < launched, "no step is in flight");
    int piece = awaited % PIECES;
    ForwardBatch batch = inFlight[piece];
    Checks.checkState(batch != null, "no step is in flight");
    DeviceFaults.inStep(() -> context.run(done[piece]::synchronize));
    awaited++;
    inFlight[piece] = null;
    return memory.results().read(batch, piece);
  }

  @Override
  public String currentOp() {
    String graph = currentGraph;
    return graph == null ? eager.currentOp() : graph;
  }

  /** Memory by buffer, for checks. */
  StepMemory memory() {
    return memory;
  }

  @Override
  public void close() {
    context.run(
        () -> {
          stream.synchronize();
          Closing.all(owned);
        });
  }
}
