// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.CudaStream;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.DevicePointer;
import java.util.List;

/**
 * What the device remembers of sequences between steps: the sampling parameters and last token of
 * each state slot, and the token ids that each page of the KV cache was computed from. Penalties
 * read a sequence's history from the latter through its page table, so that a slot needs no copy of
 * its tokens, whatever their number, and a recomputed or shared page brings its own.
 */
final class SlotState implements AutoCloseable {

  private final DeviceMemory parameters;
  private final DeviceMemory lists;
  private final DeviceMemory lastTokens;
  private final DeviceMemory pageTokens;

  SlotState(CudaContext context, CudaStream stream, Capacity capacity) {
    long slots = capacity.maxSequences();
    parameters =
        context.allocate(slots * SlotWords.PARAMETER_WORDS * Integer.BYTES, "slot parameters");
    lists = context.allocate(slots * SlotWords.LIST_WORDS * Integer.BYTES, "slot lists");
    lastTokens = context.allocate(slots * Integer.BYTES, "last tokens");
    pageTokens = context.allocate(pageTokenBytes(capacity), "page tokens");
    for (DeviceMemory memory : List.of(parameters, lists, lastTokens)) {
      stream.fill(memory.pointer(), (byte) 0);
    }
  }

  /** Bytes of all parts that do not grow with the number of pages. */
  static long slotBytes(Capacity capacity) {
    int words = SlotWords.PARAMETER_WORDS + SlotWords.LIST_WORDS + 1;
    return (long) capacity.maxSequences() * words * Integer.BYTES;
  }

  private static long pageTokenBytes(Capacity capacity) {
    return (long) capacity.pageCount() * capacity.pageSize() * Integer.BYTES;
  }

  /** [slots][16] words. */
  DevicePointer parameters() {
    return parameters.pointer();
  }

  /** [slots][end tokens, biased tokens, biases]. */
  DevicePointer lists() {
    return lists.pointer();
  }

  /** [slots] token ids. */
  DevicePointer lastTokens() {
    return lastTokens.pointer();
  }

  /** [pageCount * pageSize] token ids. */
  DevicePointer pageTokens() {
    return pageTokens.pointer();
  }

  @Override
  public void close() {
    Closing.all(List.of(parameters, lists, lastTokens, pageTokens));
  }
}
