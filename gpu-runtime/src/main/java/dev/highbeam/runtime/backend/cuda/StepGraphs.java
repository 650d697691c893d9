// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.cuda.driver.CudaGraph;
import dev.highbeam.runtime.backend.cuda.driver.CudaStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Recorded steps that only decode, one for every bucket of sequences. A graph holds the addresses
 * and numbers of its own launches, all of which come from the executable's own memory and from the
 * layout of its bucket: the layout is the whole key, and nothing that varies is left out of the
 * arena that it reads.
 */
final class StepGraphs implements AutoCloseable {

  private final Buckets buckets;
  private final List<BatchLayout> layouts = new ArrayList<>();
  private final List<CudaGraph> graphs = new ArrayList<>();

  /**
   * Records all graphs.
   *
   * @param layouts the layout of a step with so many sequences
   * @param steps puts the largest step of a layout into the stream
   */
  StepGraphs(
      int maxSequences,
      CudaStream stream,
      Function<Integer, BatchLayout> layouts,
      Function<BatchLayout, Runnable> steps) {
    buckets = new Buckets(maxSequences);
    try {
      for (int index = 0; index < buckets.count(); index++) {
        BatchLayout layout = layouts.apply(buckets.size(index));
        Runnable step = steps.apply(layout);
        this.layouts.add(layout);
        graphs.add(stream.capture(name(index), step));
      }
    } catch (RuntimeException e) {
      Closing.all(graphs);
      throw e;
    }
  }

  /** Index of the graph that serves the batch, or -1 if it does more than decode. */
  int indexOf(ForwardBatch batch) {
    int entries = batch.entryCount();
    boolean isDecode =
        entries > 0
            && batch.promptEntryCount() == 0
            && batch.tokenCount() == entries
            && batch.logitCount() == entries
            && entries <= buckets.size(buckets.count() - 1);
    return isDecode ? buckets.indexOf(entries) : -1;
  }

  BatchLayout layout(int index) {
    return layouts.get(index);
  }

  /** What messages call a graph: the ops of a step that decodes so many sequences, as one. */
  String name(int index) {
    return "decode of " + buckets.size(index);
  }

  void launch(int index, CudaStream stream) {
    graphs.get(index).launch(stream);
  }

  int count() {
    return graphs.size();
  }

  @Override
  public void close() {
    Closing.all(graphs);
  }
}
