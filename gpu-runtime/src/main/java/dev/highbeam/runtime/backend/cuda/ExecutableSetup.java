// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.cuda.driver.CudaStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an executable is made from.
 *
 * @param program the program, its weights placed
 * @param capacity the largest step
 * @param shape how much memory it takes
 * @param stream the step's stream
 * @param kernels the loaded image
 * @param weights the stream of weights, or null if all are resident
 * @param settings graphs, waits
 */
record ExecutableSetup(
    Program program,
    Capacity capacity,
    MemoryShape shape,
    CudaStream stream,
    Kernels kernels,
    @Nullable WeightStream weights,
    CudaSettings settings) {

  /** Binds the program to the memory through one layout of the batch arena. */
  BoundProgram bind(StepMemory memory, BatchLayout layout) {
    ProgramBinder binder = new ProgramBinder(memory.binding(kernels, capacity, layout), weights);
    return new BoundProgram(
        binder.body(program), binder.head(program), capacity.headRows(), settings.isSynchronous());
  }

  /** The attention specs of the program, from which tiles and splits are planned. */
  List<AttentionSpec> attentions() {
    List<AttentionSpec> specs = new ArrayList<>();
    for (Op op : program.body()) {
      if (op instanceof Op.Attention attention) {
        specs.add(attention.attention());
      }
    }
    return specs;
  }
}
