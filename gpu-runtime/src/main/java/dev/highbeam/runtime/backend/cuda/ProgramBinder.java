// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.KvGroup;
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
      checkWidth(op, embed.table().width(), embed.out());
      actions.add(new EmbedOp(embed, binding));
    } else if (op instanceof Op.RmsNorm norm) {
      checkWidth(op, norm.weight().length(), norm.in());
      checkWidth(op, norm.in().width(), norm.out());
      actions.add(new NormOp(norm, binding));
    } else if (op instanceof Op.Linear linear) {
      checkWidth(op, linear.weight().spec().inputWidth(), linear.in());
      checkWidth(op, linear.weight().spec().outputWidth(), linear.out());
      bindLinear(linear, actions);
    } else if (op instanceof Op.RopeAppend append) {
      checkQkv(op, append.attention(), append.qkv(), append.group());
      actions.add(new RopeAppendOp(append, binding));
    } else if (op instanceof Op.Attention attention) {
      checkQkv(op, attention.attention(), attention.qkv(), attention.group());
      actions.addAll(AttentionOps.of(attention, binding));
    } else if (op instanceof Op.Gather gather) {
      checkWidth(op, gather.in().width(), gather.out());
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

  private static void checkWidth(Op op, int expected, Buffer buffer) {
    Checks.checkArgument(
        buffer.width() == expected,
        "buffer %s of op %s must be %s wide, was %s",
        buffer.name(),
        op.label(),
        expected,
        buffer.width());
  }

  private static void checkQkv(Op op, AttentionSpec attention, Buffer qkv, KvGroup group) {
    int heads = attention.queryHeads() + 2 * attention.kvHeads();
    checkWidth(op, heads * attention.headDim(), qkv);
    Checks.checkArgument(
        group.kvHeads() == attention.kvHeads() && group.headDim() == attention.headDim(),
        "op %s must have the heads of its kv group (%s of %s), was %s of %s",
        op.label(),
        group.kvHeads(),
        group.headDim(),
        attention.kvHeads(),
        attention.headDim());
  }
}
