// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.Dim3;
import dev.highbeam.runtime.backend.cuda.driver.KernelArguments;
import dev.highbeam.runtime.backend.cuda.driver.Launch;

/** Gives state slots to the sequences that come with a step. */
final class AssignOp extends CudaOp {

  private static final int THREADS = 128;

  private final Binding binding;

  AssignOp(Binding binding) {
    super("assign slots", binding.capacity().maxSequences());
    this.binding = binding;
  }

  @Override
  int size(StepCounts counts) {
    return counts.assignments();
  }

  @Override
  Launch prepare(int assignments, int headBlock) {
    KernelArguments arguments =
        KernelArguments.builder(binding.context())
            .pointer("arena", binding.batch().header())
            .pointer("slots", binding.state().parameters())
            .pointer("slotLists", binding.state().lists())
            .pointer("lastTokens", binding.state().lastTokens())
            .build();
    return new Launch(
        binding.kernels().function("assign_slots"),
        Dim3.of(assignments),
        Dim3.of(THREADS),
        0,
        arguments,
        label());
  }
}
