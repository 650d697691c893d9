// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.Program;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Binds a program's ops to memory: each becomes one kernel or a few. */
final class ProgramBinder {

  private final Binding binding;
  private final @Nullable WeightStream weights;

  ProgramBinder(Binding binding, @Nullable WeightStream weights) {
    this.binding = binding;
    this.weights = weights;
  }

  List<StepAction> body(Program program) {
    List<StepAction> actions = bind(program.body());
    if (weights != null) {
      actions.add(0, weights.begin());
    }
    return actions;
  }

  List<StepAction> head(Program program) {
    return bind(program.head());
  }

  private List<StepAction> bind(List<Op> ops) {
    List<StepAction> actions = new ArrayList<>();
    for (Op op : ops) {
      bind(op, actions);
    }
    return actions;
  }

  // Op is sealed; Java 17 has no exhaustive switch over its records yet.
  private void bind(Op op, List<StepAction> actions) {
    if (op instanceof Op.Embed embed) {
      actions.add(new EmbedOp(embed, binding));
    } else if (op instanceof Op.RmsNorm norm) {
      actions.add(new NormOp(norm, binding));
    } else if (op instanceof Op.Linear linear) {
      bindLinear(linear, actions);
    } else if (op instanceof Op.RopeAppend append) {
      actions.add(new RopeAppendOp(append, binding));
    } else if (op instanceof Op.Attention attention) {
      actions.addAll(AttentionOps.of(attention, binding));
    } else if (op instanceof Op.Gather gather) {
      actions.add(new GatherOp(gather, binding));
    } else if (op instanceof Op.ScoreOrSample sample) {
      actions.addAll(SampleOps.of(sample, binding));
    } else {
      throw new IllegalArgumentException("op " + op.label() + " is unknown to the cuda backend");
    }
  }

  private void bindLinear(Op.Linear op, List<StepAction> actions) {
    CudaLinear weight = (CudaLinear) op.weight();
    if (weights != null && weight.isStreamed()) {
      weights.bind(op, actions, tiles -> new LinearOp(op, binding, tiles));
    } else {
      actions.add(new LinearOp(op, binding, weight.tiles()));
    }
  }
}
