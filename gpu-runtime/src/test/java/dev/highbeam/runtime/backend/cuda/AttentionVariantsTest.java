// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.cuda.image.Capability;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AttentionVariantsTest {

  private static final Capability TURING = new Capability(7, 5);
  private static final Capability HOPPER = new Capability(9, 0);
  private static final List<Capability> DEVICES =
      List.of(TURING, new Capability(8, 0), new Capability(8, 6), HOPPER, new Capability(12, 0));

  @ParameterizedTest
  @CsvSource({
    // device, queries, keys and values, head size, kernel
    "9.0,BF16,BF16,128,mma_bf16_bf16_d128",
    "9.0,F16,F16,64,mma_f16_f16_d64",
    "9.0,BF16,FP8_E4M3,80,mma_fp8_bf16_d96",
    "9.0,F16,FP8_E4M3,256,mma_fp8_f16_d256",
    "12.0,BF16,BF16,104,mma_bf16_bf16_d128",
    "8.6,BF16,BF16,136,mma_bf16_bf16_d256",
    "7.5,F16,F16,8,mma_f16_f16_d64",
    // Nothing is rounded that was not before.
    "9.0,F32,F32,128,simt_f32",
    "9.0,F32,BF16,128,simt_bf16",
    "9.0,BF16,F16,128,simt_f16",
    "9.0,F32,FP8_E4M3,128,simt_fp8",
    // No copies of 16 bytes.
    "9.0,BF16,FP8_E4M3,72,simt_fp8",
    // No instructions, or too little shared memory.
    "7.5,BF16,BF16,64,simt_bf16",
    "7.5,F16,F16,136,simt_f16"
  })
  void givenDeviceAndTypes_choose_takes(
      String device, DType query, DType kv, int headDim, String kernel) {
    Capability capability = Capability.parse(device);
    AttentionSpec spec = AttentionShapes.spec(8, 2, headDim, 0);
    assertThat(AttentionVariants.output(capability, query, kv, spec).kernel())
        .isEqualTo("attention_output_" + kernel);
    assertThat(AttentionVariants.prompt(capability, query, kv, spec).kernel())
        .isEqualTo("attention_prompt_" + kernel);
  }

  @ParameterizedTest
  @CsvSource({
    // query heads, kv heads, head size, blocks for a PROMPT tile, for an item of OUTPUT work
    "32,8,128,16,8",
    // Two query heads to a block, the seventh alone; at most eight to an item.
    "28,4,128,16,4",
    "71,1,64,36,9",
    "16,16,128,16,16",
    "8,4,256,8,4"
  })
  void givenHeads_choose_countsBlocks(
      int queryHeads, int kvHeads, int headDim, int prompt, int output) {
    AttentionSpec spec = AttentionShapes.spec(queryHeads, kvHeads, headDim, 0);
    assertThat(AttentionVariants.prompt(HOPPER, DType.BF16, DType.BF16, spec).blocks())
        .isEqualTo(prompt);
    assertThat(AttentionVariants.output(HOPPER, DType.BF16, DType.BF16, spec).blocks())
        .isEqualTo(output);
  }

  @Test
  void givenAnyChoice_sharedMemory_isWhatTheLeastDeviceOfTheImageHas() {
    for (Capability device : DEVICES) {
      // 64 KiB on 7.5; 99 on 8.6, 8.9 and 12.0, which run what was compiled for 8.0.
      int limit = (device.equals(TURING) ? 64 : 99) * 1024;
      for (DType query : List.of(DType.F32, DType.BF16, DType.F16)) {
        for (DType kv : DType.values()) {
          for (int headDim = 8; headDim <= 256; headDim += 8) {
            AttentionSpec spec = AttentionShapes.spec(8, 2, headDim, 0);
            assertThat(AttentionVariants.output(device, query, kv, spec).sharedBytes())
                .isLessThanOrEqualTo(limit);
            assertThat(AttentionVariants.prompt(device, query, kv, spec).sharedBytes())
                .isLessThanOrEqualTo(limit);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"12", "264"})
  void givenUnsupportedHead_choose_refuses(int headDim) {
    AttentionSpec spec = AttentionShapes.spec(8, 2, headDim, 0);
    assertThatThrownBy(() -> AttentionVariants.output(HOPPER, DType.BF16, DType.BF16, spec))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not of " + headDim);
  }
}
