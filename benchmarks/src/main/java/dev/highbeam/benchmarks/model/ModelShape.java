// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import java.util.List;
import java.util.Locale;

/**
 * The sizes of a decoder, its embedding tied to its head. Sizes are in values; the rotary base and
 * the norm's epsilon are those of the checkpoint whose shape it is.
 *
 * @param name what a user calls it, and the name of its folder
 * @param textTokens tokens that stand for text; ids from there on are special, the first one begins
 *     a text
 * @param endToken id of the special token that ends a text
 */
public record ModelShape(
    String name,
    Family family,
    int layers,
    int hidden,
    int heads,
    int kvHeads,
    int headDim,
    int intermediate,
    int vocabulary,
    int textTokens,
    int endToken,
    int maxPositions,
    double ropeTheta,
    double normEpsilon) {

  /** Of https://huggingface.co/Qwen/Qwen2.5-0.5B. */
  public static final ModelShape QWEN_HALF =
      new ModelShape(
          "qwen2.5-0.5b",
          Family.QWEN2,
          24,
          896,
          14,
          2,
          64,
          4864,
          151_936,
          151_643,
          151_643,
          32_768,
          1e6,
          1e-6);

  /** Of https://huggingface.co/meta-llama/Llama-3.2-1B. */
  public static final ModelShape LLAMA_1B =
      new ModelShape(
          "llama-3.2-1b",
          Family.LLAMA3,
          16,
          2048,
          32,
          8,
          64,
          8192,
          128_256,
          128_000,
          128_001,
          131_072,
          5e5,
          1e-5);

  /** For tests and for trying a command out: a few megabytes. */
  public static final ModelShape TINY_LLAMA =
      new ModelShape(
          "tiny-llama", Family.LLAMA3, 2, 128, 4, 2, 32, 256, 4096, 4088, 4089, 4096, 5e5, 1e-5);

  /** As the other tiny one, with Qwen's biases. */
  public static final ModelShape TINY_QWEN =
      new ModelShape(
          "tiny-qwen", Family.QWEN2, 2, 128, 4, 2, 32, 256, 4096, 4088, 4088, 4096, 1e6, 1e-6);

  private static final List<ModelShape> ALL = List.of(QWEN_HALF, LLAMA_1B, TINY_LLAMA, TINY_QWEN);

  /** Which forward pass it is, as far as files name it. */
  public enum Family {
    LLAMA3,
    QWEN2
  }

  /**
   * The shape of that name.
   *
   * @throws IllegalArgumentException if there is none; the message lists all
   */
  public static ModelShape named(String name) {
    return ALL.stream()
        .filter(shape -> shape.name.equals(name.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no model is called "
                        + name
                        + "; there are "
                        + String.join(", ", ALL.stream().map(ModelShape::name).toList())));
  }

  int queryWidth() {
    return heads * headDim;
  }

  int kvWidth() {
    return kvHeads * headDim;
  }

  /** Values of all matrices that a token meets, the head included. */
  public long linearParameters() {
    long attention = 2L * hidden * queryWidth() + 2L * hidden * kvWidth();
    return layers * (attention + 3L * hidden * intermediate) + (long) vocabulary * hidden;
  }
}
