// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.FinishReason;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.RejectionCode;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.Sample;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.api.TokenIds;
import dev.highbeam.runtime.api.TokenLogprobs;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WireTest {

  private static final EngineStats STATS =
      new EngineStats(
          1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, new DegenerateCounts(1, 2, 3, 4));

  private static byte[] bytes(ChildMessage... messages) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Wire wire = Wire.to(bytes)) {
      for (ChildMessage message : messages) {
        wire.write(message);
      }
    }
    return bytes.toByteArray();
  }

  private static ChildMessage there(ChildMessage message) throws IOException {
    WireReader reader = new WireReader(new ByteArrayInputStream(bytes(message)));
    ChildMessage read = reader.read();
    assertThat(reader.read()).isNull();
    return read;
  }

  @Test
  void givenPlainMessages_areReadAsWritten() throws Exception {
    EngineInfo info =
        new EngineInfo("m", "f", "n", "a ü ☠ device", "bfloat16", 1, 2, 3, 4, 5, "plan");
    EngineConfig config =
        EngineConfig.of(
            Settings.none(EngineSetting.class)
                .with(EngineSetting.MODEL, "/m")
                .with(EngineSetting.GPU_MEMORY_UTILIZATION, 0.5)
                .with(EngineSetting.KV_CACHE_MEMORY_BYTES, 1L << 40)
                .with(EngineSetting.ISOLATE_ENGINE, true));
    for (ChildMessage message :
        List.of(
            new ChildMessage.Start(config),
            new ChildMessage.Cancel(Long.MAX_VALUE),
            new ChildMessage.Ready(info),
            new ChildMessage.Counters(STATS),
            new ChildMessage.Failed(EngineException.Kind.FATAL, "step 5 failed"),
            new ChildMessage.Ended(new Outcome.Rejection(7, RejectionCode.TOO_LONG, "long")))) {
      assertThat(there(message)).isEqualTo(message);
    }
  }

  @Test
  void givenRequest_everySettingArrives() throws Exception {
    SamplingParams sampling =
        SamplingParams.of(
            Settings.none(SamplingSetting.class)
                .with(SamplingSetting.SEED, -3L)
                .with(SamplingSetting.TEMPERATURE, 0.1)
                .with(SamplingSetting.MAX_TOKENS, 9)
                .with(SamplingSetting.STOP, List.of("a", "b"))
                .with(SamplingSetting.LOGIT_BIAS, Map.of(5, -1.5))
                .with(SamplingSetting.IGNORE_EOS, true)
                .with(
                    SamplingSetting.REPETITION_DETECTION,
                    Map.of("max_pattern_size", 8, "min_count", 10)));
    Request request = Request.of("id", new int[] {1, 2, 1 << 30}, sampling);
    Request read = ((ChildMessage.Submit) there(new ChildMessage.Submit(4, request))).request();
    assertThat(read.id()).isEqualTo("id");
    assertThat(read.promptTokenIds()).containsExactly(1, 2, 1 << 30);
    assertThat(read.sampling().settings()).isEqualTo(sampling.settings());
    assertThat(read.seed()).isEqualTo(-3);
  }

  @Test
  void givenCompletion_everyBitArrives() throws Exception {
    TokenLogprobs logprobs =
        new TokenLogprobs(
            new float[] {Float.NaN, -0.5f},
            new int[][] {{}, {3, 4}},
            new float[][] {{}, {-0.25f, -0.5f}});
    Sample sample =
        new Sample(1, TokenIds.of(3, 4), FinishReason.STOP, null, 2, -1, -0.1, logprobs, true, 16);
    Outcome.Completion sent = new Outcome.Completion(9, List.of(sample), logprobs, "numerics");
    Outcome.Completion read =
        (Outcome.Completion) ((ChildMessage.Ended) there(new ChildMessage.Ended(sent))).outcome();
    assertThat(read)
        .usingRecursiveComparison()
        .withEqualsForType((a, b) -> Float.compare(a, b) == 0, Float.class)
        .isEqualTo(sent);
  }

  @Test
  void givenEndInsideOfAMessage_itIsTheEnd() throws Exception {
    byte[] whole = bytes(new ChildMessage.Counters(STATS));
    for (int length = 0; length < whole.length; length++) {
      byte[] part = Arrays.copyOf(whole, length);
      assertThat(new WireReader(new ByteArrayInputStream(part)).read()).isNull();
    }
  }

  @Test
  void givenOtherBytes_areRefused() {
    for (byte[] bytes :
        List.of(
            new byte[] {99},
            new byte[] {1, 0, 0, 0, 1, 65},
            "\nA fatal error has".getBytes(java.nio.charset.StandardCharsets.UTF_8))) {
      WireReader reader = new WireReader(new ByteArrayInputStream(bytes));
      assertThatThrownBy(reader::read).isInstanceOf(IOException.class);
    }
  }
}
