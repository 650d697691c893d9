// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.ForwardBatch;
import java.nio.IntBuffer;

/** The arrays of a step in native memory, copied once when it begins. */
final class TileStep {

  private final Ints tokenIds;
  private final Ints logitRows;
  private final Ints positions;
  private final Ints slots;
  private final Ints queryIndptr;
  private final Ints pageIndptr;
  private final Ints pageIndices;
  private final Ints lastPageLength;
  private final long arrays;

  TileStep(Capacity capacity, NativeMemory memory) {
    ForwardBatch largest = new ForwardBatch(capacity);
    tokenIds = new Ints(memory, largest.tokenIds.length);
    logitRows = new Ints(memory, largest.logitRows.length);
    positions = new Ints(memory, largest.positions.length);
    slots = new Ints(memory, largest.slotMapping.length);
    queryIndptr = new Ints(memory, largest.queryIndptr.length);
    pageIndptr = new Ints(memory, largest.pageIndptr.length);
    pageIndices = new Ints(memory, largest.pageIndices.length);
    lastPageLength = new Ints(memory, largest.lastPageLength.length);
    arrays =
        TileKernels.newStep(
            positions.address,
            slots.address,
            queryIndptr.address,
            pageIndptr.address,
            pageIndices.address,
            lastPageLength.address);
    memory.atEnd(() -> TileKernels.freeStep(arrays));
  }

  /** What the kernels know the arrays by. */
  long arrays() {
    return arrays;
  }

  void begin(ForwardBatch batch) {
    int tokens = batch.tokenCount();
    int entries = batch.entryCount();
    positions.put(batch.positions, tokens);
    slots.put(batch.slotMapping, tokens);
    queryIndptr.put(batch.queryIndptr, entries + 1);
    pageIndptr.put(batch.pageIndptr, entries + 1);
    pageIndices.put(batch.pageIndices, batch.pageCount());
    lastPageLength.put(batch.lastPageLength, entries);
    logitRows.put(batch.logitRows, batch.logitCount());
  }

  /** Token ids, once those of state slots are known. */
  Ints tokenIds() {
    return tokenIds;
  }

  /** Tokens whose logits are wanted. */
  Ints logitRows() {
    return logitRows;
  }

  /** An array of ints. */
  static final class Ints {

    private final long address;
    private final IntBuffer view;

    Ints(NativeMemory memory, int length) {
      address = memory.take(4L * length);
      view = NativeMemory.view(address, 4L * length).asIntBuffer();
    }

    long address() {
      return address;
    }

    void put(int[] values, int count) {
      view.put(0, values, 0, count);
    }

    void put(int index, int value) {
      view.put(index, value);
    }
  }
}
