// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.cuda.image.Capability;

/**
 * Which attention kernel a device runs for a shape, and with what. On tensor cores where operands
 * of 16 bits lose nothing: keys and values in the type of the queries, or in fp8. Otherwise, and on
 * devices that lack the instructions, plain arithmetic in f32.
 *
 * <p>The choice fixes a row's bits, so it depends on the model and the device alone. The sizes are
 * those of the kernels' sources (attention_output.h, attention_output_mma.h,
 * attention_prompt_mma.h).
 */
final class AttentionVariants {

  private static final int MAX_HEAD_DIM = 256;

  /** Elements of a 16-byte copy of fp8. */
  private static final int FP8_GRAIN = 16;

  private static final Capability ASYNC = new Capability(8, 0);
  private static final int WARPS = 4;
  private static final int THREADS = 32 * WARPS;

  /** Query heads of one item of OUTPUT work. */
  private static final int ITEM_HEADS = 8;

  private AttentionVariants() {}

  /**
   * A kernel and its launch.
   *
   * @param kernel its name
   * @param threads of a thread block
   * @param sharedBytes dynamic shared memory
   * @param blocks thread blocks for each PROMPT tile (grid y) or each item of OUTPUT work (of which
   *     a grid of any size takes its share)
   */
  record Variant(String kernel, int threads, int sharedBytes, int blocks) {}

  /** The kernel for OUTPUT tokens: queries and keys and values of the given types. */
  static Variant output(Capability device, DType query, DType kv, AttentionSpec spec) {
    checkShape(spec);
    int blocks = spec.kvHeads() * ceilDiv(group(spec), ITEM_HEADS);
    if (!onTensorCores(device, query, kv, spec.headDim())) {
      int sharedBytes = 160 * spec.headDim() + 5888;
      return new Variant("attention_output_simt_" + name(kv), THREADS, sharedBytes, blocks);
    }
    int dim = paddedHeadDim(spec.headDim());
    int tileKeys = 16;
    boolean isFp8 = kv == DType.FP8_E4M3;
    int unitBytes = tileKeys * (isFp8 ? dim : rowBytes(dim));
    int widenedBytes = isFp8 ? WARPS * tileKeys * rowBytes(dim) : 0;
    int stateBytes = 2 * WARPS * ITEM_HEADS * Float.BYTES;
    int sharedBytes =
        WARPS * ringUnits(device, kv, dim) * unitBytes
            + widenedBytes
            + AttentionWork.SPLIT_TOKENS * Integer.BYTES
            + stateBytes;
    return new Variant("attention_output_" + mma(query, kv, dim), THREADS, sharedBytes, blocks);
  }

  private static int ringUnits(Capability device, DType kv, int dim) {
    boolean isAsync = device.isAtLeast(ASYNC);
    if (kv == DType.FP8_E4M3) {
      return isAsync ? (dim < MAX_HEAD_DIM ? 6 : 3) : 4;
    }
    return isAsync && dim < MAX_HEAD_DIM ? 4 : 3;
  }

  /** The kernel for PROMPT tokens. */
  static Variant prompt(Capability device, DType query, DType kv, AttentionSpec spec) {
    checkShape(spec);
    if (!onTensorCores(device, query, kv, spec.headDim())) {
      return new Variant("attention_prompt_simt_" + name(kv), THREADS, 0, spec.queryHeads());
    }
    int dim = paddedHeadDim(spec.headDim());
    int heads = device.isAtLeast(ASYNC) && dim < MAX_HEAD_DIM ? 2 : 1;
    int tileKeys = dim == 64 ? 64 : 32;
    int tileBytes = tileKeys * rowBytes(dim);
    boolean isFp8 = kv == DType.FP8_E4M3;
    int fetchedBytes = isFp8 ? tileKeys * dim : tileBytes;
    int sharedBytes =
        heads * AttentionWork.TILE_TOKENS * rowBytes(dim)
            + 2 * 2 * fetchedBytes
            + (isFp8 ? 2 * tileBytes : 0)
            + 2 * tileKeys * Integer.BYTES;
    int blocks = spec.kvHeads() * ceilDiv(group(spec), heads);
    return new Variant("attention_prompt_" + mma(query, kv, dim), THREADS, sharedBytes, blocks);
  }

  private static void checkShape(AttentionSpec spec) {
    Checks.checkArgument(
        spec.headDim() > 0 && spec.headDim() % 8 == 0 && spec.headDim() <= MAX_HEAD_DIM,
        "attention on CUDA devices has heads of a multiple of 8 elements up to %s, not of %s",
        MAX_HEAD_DIM,
        spec.headDim());
  }

  private static boolean onTensorCores(Capability device, DType query, DType kv, int headDim) {
    boolean sameOperands =
        switch (kv) {
          case F32 -> false;
          case BF16, F16 -> query == kv;
          case FP8_E4M3 -> (query == DType.BF16 || query == DType.F16) && headDim % FP8_GRAIN == 0;
        };
    if (!sameOperands || device.isAtLeast(ASYNC)) {
      return sameOperands;
    }
    // 7.5 has products of f16 only, and not the shared memory for wider heads.
    return query == DType.F16 && headDim <= 128 && device.isAtLeast(Capability.FLOOR);
  }

  private static int paddedHeadDim(int headDim) {
    if (headDim <= 64) {
      return 64;
    }
    if (headDim <= 96) {
      return 96;
    }
    return headDim <= 128 ? 128 : MAX_HEAD_DIM;
  }

  /** Bytes of a row of a tile in shared memory; rows of 96 take the room of 128. */
  private static int rowBytes(int dim) {
    return 2 * (dim == 96 ? 128 : dim);
  }

  private static int group(AttentionSpec spec) {
    return spec.queryHeads() / spec.kvHeads();
  }

  private static int ceilDiv(int a, int b) {
    return (a + b - 1) / b;
  }

  private static String mma(DType query, DType kv, int dim) {
    return "mma_" + name(kv) + "_" + name(query) + "_d" + dim;
  }

  private static String name(DType dtype) {
    return switch (dtype) {
      case F32 -> "f32";
      case BF16 -> "bf16";
      case F16 -> "f16";
      case FP8_E4M3 -> "fp8";
    };
  }
}
