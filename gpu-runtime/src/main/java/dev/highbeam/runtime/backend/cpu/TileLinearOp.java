// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.Op;

/**
 * A linear over tiles: in int8 first its input is rounded row by row, then panels are shared out.
 */
final class TileLinearOp implements BoundOp {

  /** Tasks per thread: enough to even out what other processes take away. */
  private static final int TASKS_PER_THREAD = 8;

  /** More would not stay in the cache together. */
  private static final int MAX_PANELS_PER_TASK = 8;

  /** Rounding goes tile by tile. */
  private static final int ROWS_PER_TASK = TileKernels.TILE_ROWS;

  private final Op.Linear op;
  private final TileWeights weights;
  private final TileBinding binding;
  private final QuantizedRows quantized;
  private final long input;
  private final long call;
  private final int panelsPerTask;
  private final ThreadPool.Task quantize = this::quantize;
  private final ThreadPool.Task multiply = this::multiply;
  private int rows;

  TileLinearOp(Op.Linear op, TileBinding binding, QuantizedRows quantized) {
    this.op = op;
    this.binding = binding;
    this.quantized = quantized;
    weights = (TileWeights) op.weight();
    input = binding.buffers().matrix(op.in());
    call =
        TileKernels.newLinear(
            weights.isInt8(),
            weights.isInt8() ? quantized.tiles() : binding.buffers().address(op.in()),
            TileLayout.stride(weights.steps()),
            quantized.scales(),
            weights.panels(),
            weights.scales(),
            weights.bias(),
            weights.steps(),
            number(weights.spec().epilogue()),
            binding.buffers().matrix(op.out()));
    binding.memory().atEnd(() -> TileKernels.freeLinear(call));
    int wanted = binding.pool().threads() * TASKS_PER_THREAD;
    panelsPerTask = Math.max(1, Math.min(MAX_PANELS_PER_TASK, weights.panelCount() / wanted));
  }

  /** What the kernels call an epilogue. */
  private static int number(Epilogue epilogue) {
    return switch (epilogue) {
      case STORE -> 0;
      case ADD -> 1;
      case GATED_SILU -> 2;
      case GATED_GELU_TANH -> 3;
    };
  }

  @Override
  public String label() {
    return op.label();
  }

  @Override
  public void run(StepState step) {
    rows = step.rows(op.in());
    if (weights.isInt8()) {
      binding.pool().run((rows + ROWS_PER_TASK - 1) / ROWS_PER_TASK, quantize);
    }
    binding.pool().run((weights.panelCount() + panelsPerTask - 1) / panelsPerTask, multiply);
  }

  private void quantize(int task, int worker) {
    int begin = task * ROWS_PER_TASK;
    int end = Math.min(rows, begin + ROWS_PER_TASK);
    TileKernels.quantizeRows(
        input,
        begin,
        end,
        quantized.tiles(),
        TileLayout.stride(weights.steps()),
        quantized.scales());
  }

  private void multiply(int task, int worker) {
    int begin = task * panelsPerTask;
    int end = Math.min(weights.panelCount(), begin + panelsPerTask);
    TileKernels.linear(call, rows, begin, end, binding.scratches()[worker]);
  }
}
