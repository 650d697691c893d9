// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.RopeSpec;
import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.CudaStream;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.DevicePointer;
import dev.highbeam.runtime.backend.cuda.driver.PinnedMemory;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * Cosine and sine of every angle, [position][pair][2] f32, computed on the host in f64 and rounded
 * once, as {@link RopeSpec#angle} demands: a device's own functions would differ by architecture.
 */
final class RopeTables implements AutoCloseable {

  /** Positions that are written in one go. */
  private static final int CHUNK = 1024;

  private final CudaContext context;
  private final CudaStream stream;
  private final int positions;
  private final IdentityHashMap<RopeSpec, DevicePointer> tables = new IdentityHashMap<>();
  private final List<DeviceMemory> owned = new ArrayList<>();

  /** The tables of a program, for positions from 0 to below the given number. */
  RopeTables(CudaContext context, CudaStream stream, Program program, int positions) {
    this.context = context;
    this.stream = stream;
    this.positions = positions;
    for (Op op : program.body()) {
      if (op instanceof Op.RopeAppend append) {
        tables.computeIfAbsent(append.rope(), this::build);
      }
    }
  }

  /** Bytes of one table. */
  static long bytes(RopeSpec rope, int positions) {
    return (long) positions * rowFloats(rope) * Float.BYTES;
  }

  private static int rowFloats(RopeSpec rope) {
    // A model without rotation still gets a pointer.
    return Math.max(2, rope.rotaryDim());
  }

  DevicePointer table(RopeSpec rope) {
    DevicePointer table = tables.get(rope);
    if (table == null) {
      throw new IllegalArgumentException("the rotation is not of this program");
    }
    return table;
  }

  private DevicePointer build(RopeSpec rope) {
    DeviceMemory memory = context.allocate(bytes(rope, positions), "rope table");
    owned.add(memory);
    int rowBytes = rowFloats(rope) * Float.BYTES;
    try (PinnedMemory staging =
        context.allocatePinned((long) Math.min(CHUNK, positions) * rowBytes, "rope", false)) {
      FloatBuffer floats = staging.buffer().asFloatBuffer();
      for (int begin = 0; begin < positions; begin += CHUNK) {
        int count = Math.min(CHUNK, positions - begin);
        fill(rope, begin, count, floats);
        long bytes = (long) count * rowBytes;
        stream.copyToDevice(memory.slice((long) begin * rowBytes, bytes), staging, bytes);
        stream.synchronize();
      }
    }
    return memory.pointer();
  }

  private static void fill(RopeSpec rope, int begin, int count, FloatBuffer floats) {
    int index = 0;
    for (int position = begin; position < begin + count; position++) {
      for (int pair = 0; pair < rope.rotaryDim() / 2; pair++) {
        double angle = rope.angle(position, pair);
        floats.put(index++, (float) (StrictMath.cos(angle) * rope.amplitude()));
        floats.put(index++, (float) (StrictMath.sin(angle) * rope.amplitude()));
      }
    }
  }

  @Override
  public void close() {
    Closing.all(owned);
  }
}
