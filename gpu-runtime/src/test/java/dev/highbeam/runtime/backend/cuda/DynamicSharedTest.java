// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.cuda.image.Capability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The shared memory that the kernels' README states is that with which they are launched. */
final class DynamicSharedTest {

  private static final Path FILE =
      Path.of(
          System.getProperty("highbeam.root", ".."), "kernels/src/main/cuda/dynamic-shared.tsv");

  private static final List<Capability> DEVICES =
      List.of(new Capability(8, 0), new Capability(9, 0), new Capability(12, 0));

  /** Bytes by pattern of kernel names, in the order of the file. */
  private final Map<String, String> lines = new LinkedHashMap<>();

  @BeforeEach
  void readFile() throws IOException {
    Files.readAllLines(FILE).stream()
        .skip(1)
        .map(line -> line.split("\t", -1))
        .forEach(line -> lines.put(line[0].replace("*", ".*"), line[1]));
  }

  /** What the first line that matches says. */
  private String stated(String kernel) {
    return lines.entrySet().stream()
        .filter(line -> kernel.matches(line.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void givenAttention_statedBytes_areTheLaunchers() {
    for (Capability device : DEVICES) {
      for (DType query : List.of(DType.F32, DType.BF16, DType.F16)) {
        for (DType kv : DType.values()) {
          for (int headDim = 8; headDim <= 256; headDim += 8) {
            AttentionSpec spec = AttentionShapes.spec(8, 2, headDim, 0);
            check(AttentionVariants.output(device, query, kv, spec), headDim);
            check(AttentionVariants.prompt(device, query, kv, spec), headDim);
          }
        }
      }
    }
  }

  private void check(AttentionVariants.Variant variant, int headDim) {
    String expected =
        variant.kernel().startsWith("attention_output_simt_")
            ? "160 headDim + " + (variant.sharedBytes() - 160 * headDim)
            : String.valueOf(variant.sharedBytes());
    assertThat(stated(variant.kernel())).as(variant.kernel()).isEqualTo(expected);
  }

  @Test
  void givenLinears_statedBytes_areTheLaunchers() {
    for (Capability device : DEVICES) {
      for (LinearKernel kernel : LinearKernel.values()) {
        for (LinearShape shape : LinearShape.of(kernel, device)) {
          String name =
              switch (kernel) {
                case SIMT -> "linear_simt_bf16";
                case MMA -> "linear_mma_bf16_n" + shape.tokenTile();
                case WGMMA -> "linear_wgmma_bf16_n" + shape.tokenTile();
              };
          assertThat(stated(name)).as(name).isEqualTo(String.valueOf(shape.sharedBytes()));
        }
      }
    }
  }
}
