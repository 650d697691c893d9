// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.ForwardBatch;

/** A program's ops over their memory, by whichever kernels. */
interface BoundProgram extends AutoCloseable {

  BoundOp[] body();

  BoundOp[] head();

  /** What all ops of a step share. */
  StepState step();

  /** Brings what kernels need of a batch to where they need it, before the step's first op. */
  void begin(ForwardBatch batch);

  /** The first rows of a buffer as the last step left them; for tests. */
  float[] contents(Buffer buffer, int rowCount);

  /** Frees memory that is not on the heap. */
  @Override
  void close();
}
