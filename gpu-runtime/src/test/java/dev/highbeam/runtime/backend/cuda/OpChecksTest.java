// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.KvGroup;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.RopeSpec;
import org.junit.jupiter.api.Test;

/** Programs whose buffers do not fit their ops. */
final class OpChecksTest {

  private static final AttentionSpec ATTENTION = AttentionShapes.spec(4, 2, 16, 0);
  private static final int QKV = (4 + 2 * 2) * 16;

  private final Program.Builder program = Program.builder(50);
  private final KvGroup group = program.kvGroup(3, 2, 16, DType.FP8_E4M3);

  private Buffer buffer(int width, DType dtype) {
    return program.buffer("b" + width, Buffer.Rows.TOKENS, width, dtype);
  }

  private Buffer buffer(int width) {
    return buffer(width, DType.BF16);
  }

  private void refuse(Op op, String message) {
    Program built = program.body(op).build();
    assertThatThrownBy(() -> OpChecks.check(built))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  private Op.Attention attention(int out, Buffer qkv, AttentionSpec spec, int layer) {
    return new Op.Attention("attention", buffer(out), qkv, spec, group, layer);
  }

  @Test
  void S2_7_givenFittingOps_check_accepts() {
    Op gather = new Op.Gather("gather", buffer(8), buffer(8));
    Op sample = new Op.ScoreOrSample("sample", buffer(50, DType.F32));
    Program built =
        program
            .body(new Op.RopeAppend("rope", buffer(QKV), ATTENTION, rope(16), group, 0))
            .body(attention(64, buffer(QKV, DType.F16), ATTENTION, 2))
            .head(gather)
            .head(sample)
            .build();
    assertThatCode(() -> OpChecks.check(built)).doesNotThrowAnyException();
  }

  private static RopeSpec rope(int rotaryDim) {
    return new RopeSpec(rotaryDim, new float[(rotaryDim + 1) / 2], 1);
  }

  @Test
  void S2_7_givenQkvOfAnotherWidth_check_refuses() {
    refuse(attention(64, buffer(QKV - 16), ATTENTION, 0), "b112 of op attention must be 128 wide");
  }

  @Test
  void S2_7_givenOutOfAnotherWidth_check_refuses() {
    refuse(attention(65, buffer(QKV), ATTENTION, 0), "b65 of op attention must be 64 wide");
  }

  @Test
  void S2_7_givenActivationsOf8Bits_check_refuses() {
    refuse(
        attention(64, buffer(QKV, DType.FP8_E4M3), ATTENTION, 0),
        "must be of F32, BF16 or F16, was FP8_E4M3");
  }

  @Test
  void S2_7_givenHeadsOfAnotherGroup_check_refuses() {
    AttentionSpec other = AttentionShapes.spec(4, 4, 16, 0);
    refuse(attention(64, buffer(12 * 16), other, 0), "must have the heads of its kv group");
  }

  @Test
  void S2_7_givenQueryHeadsLeftOver_check_refuses() {
    AttentionSpec other = AttentionShapes.spec(5, 2, 16, 0);
    refuse(attention(80, buffer(9 * 16), other, 0), "the same number of query heads");
  }

  @Test
  void S2_7_givenLayerBeyondTheGroup_check_refuses() {
    refuse(attention(64, buffer(QKV), ATTENTION, 3), "a layer from 0 to 2, was 3");
  }

  @Test
  void S2_7_givenRotationOfMoreThanAHead_check_refuses() {
    refuse(
        new Op.RopeAppend("rope", buffer(QKV), ATTENTION, rope(18), group, 0),
        "an even number of elements up to 16, was 18");
  }

  @Test
  void S2_7_givenRotationOfAnOddNumber_check_refuses() {
    refuse(
        new Op.RopeAppend("rope", buffer(QKV), ATTENTION, rope(15), group, 0),
        "an even number of elements up to 16, was 15");
  }

  @Test
  void S2_7_givenRowsOfAnotherWidth_check_refuses() {
    refuse(new Op.Gather("gather", buffer(8), buffer(9)), "b8 of op gather must be 9 wide, was 8");
  }

  @Test
  void S2_7_givenLogitsOfAnotherVocabulary_check_refuses() {
    refuse(new Op.ScoreOrSample("sample", buffer(49, DType.F32)), "must be 50 wide, was 49");
  }

  @Test
  void S2_7_givenLogitsOf16Bits_check_refuses() {
    refuse(new Op.ScoreOrSample("sample", buffer(50)), "must be of F32, was BF16");
  }
}
