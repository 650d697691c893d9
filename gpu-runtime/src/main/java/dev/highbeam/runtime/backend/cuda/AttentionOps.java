// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.Op;
import java.util.List;

/** provisional. */
final class AttentionOps {
  private AttentionOps() {}

  static List<StepAction> of(Op.Attention op, Binding binding) {
    throw new IllegalArgumentException("no attention yet");
  }
}
