// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.Op;

/**
 * What an op cannot do without: bytes that come from memory once (weights, keys and values) and
 * operations, a product and an addition being two. Activations are taken to stay in caches.
 */
record StepCost(double bytes, double operations) {

  static final StepCost NONE = new StepCost(0, 0);

  static StepCost of(Op op, ForwardBatch batch, int weightBytes) {
    if (op instanceof Op.Linear linear) {
      int rows = linear.label().equals("head") ? batch.logitCount() : batch.tokenCount();
      double weights =
          (double) linear.weight().spec().rowCount() * linear.weight().spec().inputWidth();
      return new StepCost(weights * weightBytes, 2 * weights * rows);
    }
    if (op instanceof Op.Attention attention) {
      return attention(attention.attention(), batch);
    }
    return NONE;
  }

  /** Each entry's keys and values once, and the products of what each token sees. */
  private static StepCost attention(AttentionSpec spec, ForwardBatch batch) {
    double bytes = 0;
    double operations = 0;
    for (int entry = 0; entry < batch.entryCount(); entry++) {
      int last = batch.queryIndptr[entry + 1] - 1;
      bytes += 4.0 * (batch.positions[last] + 1) * spec.kvHeads() * spec.headDim();
      for (int token = batch.queryIndptr[entry]; token <= last; token++) {
        operations += 4.0 * (batch.positions[token] + 1) * spec.queryHeads() * spec.headDim();
      }
    }
    return new StepCost(bytes, operations);
  }

  StepCost plus(StepCost other) {
    return new StepCost(bytes + other.bytes, operations + other.operations);
  }

  /** The least time on a machine of so many bytes and operations per second. */
  double seconds(double bytesPerSecond, double operationsPerSecond) {
    return Math.max(bytes / bytesPerSecond, operations / operationsPerSecond);
  }
}
