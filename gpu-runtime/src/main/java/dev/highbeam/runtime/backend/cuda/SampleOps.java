// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.cuda.driver.Dim3;
import dev.highbeam.runtime.backend.cuda.driver.KernelArguments;
import dev.highbeam.runtime.backend.cuda.driver.Launch;
import java.util.List;

/**
 * Scoring and sampling in three kernels: one reads every row and finishes those that are scored or
 * greedy, one adjusts and finishes the rows with penalties, bias or masked end tokens, one draws
 * for the others. The sizes repeat the constants of the kernels' sampling.h.
 */
final class SampleOps {

  private static final int THREADS = 512;
  private static final int CHUNK = 8192;
  private static final int ROW_WORK_BYTES = 3104;
  private static final int CHUNK_WORK_BYTES = 192;

  /** Thread blocks that adjust rows: more would each want two more rows of scratch. */
  private static final int MOST_ADJUSTERS = 64;

  private SampleOps() {}

  /** The kernels of the op, in order. */
  static List<StepAction> of(Op.ScoreOrSample op, Binding binding) {
    return List.of(new Scan(op, binding), new Adjust(op, binding), new Draw(op, binding));
  }

  private static int chunks(int vocabularySize) {
    return LinearFamily.ceilDiv(vocabularySize, CHUNK);
  }

  private static int adjusters(Capacity capacity) {
    return Math.min(MOST_ADJUSTERS, capacity.headRows());
  }

  /** Bytes that hand rows from kernel to kernel. */
  static long workBytes(Program program, Capacity capacity) {
    long row = ROW_WORK_BYTES + (long) chunks(program.vocabularySize()) * CHUNK_WORK_BYTES;
    return row * capacity.headRows();
  }

  /** Bytes of the adjusters' counts and raw logits. */
  static long scratchBytes(Program program, Capacity capacity) {
    return 2L * program.vocabularySize() * Integer.BYTES * adjusters(capacity);
  }

  /** What the three have in common. */
  private abstract static class Part extends RowOp {

    private final Op.ScoreOrSample op;

    Part(Op.ScoreOrSample op, Binding binding) {
      super(op.label(), binding, op.logits());
      this.op = op;
    }

    final int vocabularySize() {
      return op.logits().width();
    }

    /** Logits, sizes and the rows' places in the step: where all three begin. */
    final KernelArguments.Builder begin(int headBlock) {
      return rows(matrix(headBlock));
    }

    /** As {@link #begin(int)}, for a kernel whose grid does not bound its rows. */
    final KernelArguments.Builder begin(int headBlock, int mostRows) {
      return rows(matrix(headBlock).int32("mostRows", mostRows));
    }

    private KernelArguments.Builder matrix(int headBlock) {
      return KernelArguments.builder(binding().context())
          .pointer("logits", pointer(op.logits()))
          .int64("stride", DeviceBuffers.stride(op.logits()))
          .int32("vocabulary", vocabularySize())
          .pointer("header", binding().batch().header())
          .int32("rowStart", start(headBlock));
    }

    private KernelArguments.Builder rows(KernelArguments.Builder arguments) {
      return arguments
          .pointer("logitRows", binding().batch().logitRows())
          .pointer("logitTargets", binding().batch().logitTargets());
    }

    /** Where results go: how all three go on. */
    final KernelArguments.Builder results(KernelArguments.Builder arguments) {
      return arguments
          .pointer("workspace", binding().workspace().sampleWork())
          .pointer("lastTokens", binding().state().lastTokens())
          .pointer("tokenIds", binding().results().tokenIds())
          .pointer("logprobs", binding().results().logprobs())
          .pointer("flags", binding().results().flags());
    }

    final Launch launch(String kernel, Dim3 grid, KernelArguments.Builder arguments) {
      return new Launch(
          binding().kernels().function(kernel),
          grid,
          Dim3.of(THREADS),
          0,
          arguments.build(),
          label());
    }
  }

  private static final class Scan extends Part {

    Scan(Op.ScoreOrSample op, Binding binding) {
      super(op, binding);
    }

    @Override
    Launch prepare(int rows, int headBlock) {
      BatchPointers batch = binding().batch();
      KernelArguments.Builder arguments =
          begin(headBlock)
              .pointer("logitAlternatives", batch.logitAlternatives())
              .pointer("logitEntries", batch.logitEntries())
              .pointer("stateSlots", batch.stateSlots())
              .pointer("positions", batch.positions())
              .pointer("slots", binding().state().parameters());
      results(arguments)
          .pointer("topIds", binding().results().topTokenIds())
          .pointer("topLogprobs", binding().results().topLogprobs());
      return launch("sample_scan", Dim3.of(chunks(vocabularySize()), rows), arguments);
    }
  }

  private static final class Adjust extends Part {

    Adjust(Op.ScoreOrSample op, Binding binding) {
      super(op, binding);
    }

    @Override
    Launch prepare(int rows, int headBlock) {
      BatchPointers batch = binding().batch();
      KernelArguments.Builder arguments =
          begin(headBlock, binding().capacity().headRows())
              .pointer("logitEntries", batch.logitEntries())
              .pointer("stateSlots", batch.stateSlots())
              .pointer("positions", batch.positions())
              .pointer("pageIndptr", batch.pageIndptr())
              .pointer("pageIndices", batch.pageIndices())
              .int32("pageSize", binding().capacity().pageSize())
              .pointer("pageTokens", binding().state().pageTokens())
              .pointer("slots", binding().state().parameters())
              .pointer("slotLists", binding().state().lists())
              .pointer("scratchRows", binding().workspace().sampleScratch());
      results(arguments);
      int blocks = Math.min(rows, adjusters(binding().capacity()));
      return launch("sample_adjust", Dim3.of(blocks), arguments);
    }
  }

  private static final class Draw extends Part {

    Draw(Op.ScoreOrSample op, Binding binding) {
      super(op, binding);
    }

    @Override
    Launch prepare(int rows, int headBlock) {
      BatchPointers batch = binding().batch();
      KernelArguments.Builder arguments =
          begin(headBlock)
              .pointer("logitEntries", batch.logitEntries())
              .pointer("stateSlots", batch.stateSlots())
              .pointer("positions", batch.positions())
              .pointer("slots", binding().state().parameters());
      results(arguments);
      return launch("sample_draw", Dim3.of(chunks(vocabularySize()), rows), arguments);
    }
  }
}
