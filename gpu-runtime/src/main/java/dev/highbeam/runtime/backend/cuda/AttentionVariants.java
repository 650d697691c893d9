// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.DType;

/** provisional. */
final class AttentionVariants {
  private AttentionVariants() {}

  record Variant(String kernel, int threads, int sharedBytes) {}

  static Variant output(DType kv, int headDim) {
    return new Variant("attention_output_simt_" + name(kv), 128, 160 * headDim + 5888);
  }

  static Variant prompt(DType kv, int headDim) {
    return new Variant("attention_prompt_simt_" + name(kv), 128, 0);
  }

  private static String name(DType t) {
    return switch (t) {
      case F32 -> "f32";
      case BF16 -> "bf16";
      case F16 -> "f16";
      case FP8_E4M3 -> "fp8";
    };
  }
}
