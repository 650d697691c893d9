// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.reference.ReferenceBackend;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every variant that a config can ask for, against a second forward pass in f64. */
final class DecoderNumbersTest {

  @TempDir Path temp;

  static Stream<Named<TinyCheckpoint>> variants() {
    return Stream.of(
        Named.of("llama", TinyCheckpoint.llama()),
        Named.of("bf16", TinyCheckpoint.llama().withDtype(DType.BF16).withShards(3)),
        Named.of("f16", TinyCheckpoint.llama().withDtype(DType.F16)),
        Named.of(
            "all biases",
            TinyCheckpoint.llama().with("attention_bias", true).with("mlp_bias", true)),
        Named.of("gelu", TinyCheckpoint.llama().with("hidden_act", "gelu_pytorch_tanh")),
        Named.of("wide heads", TinyCheckpoint.llama().with("head_dim", 20)),
        Named.of("tied", TinyCheckpoint.llama().with("tie_word_embeddings", true)),
        Named.of("qwen2", TinyCheckpoint.qwen2()),
        Named.of("mistral", TinyCheckpoint.mistral()),
        Named.of(
            "mixed windows",
            TinyCheckpoint.qwen2()
                .with("use_sliding_window", true)
                .with("sliding_window", 5)
                .with("max_window_layers", 1)),
        Named.of(
            "linear rope",
            TinyCheckpoint.llama().with("rope_scaling", Map.of("type", "linear", "factor", 4))),
        Named.of(
            "llama3 rope",
            TinyCheckpoint.llama()
                .with(
                    "rope_scaling",
                    Map.of(
                        "rope_type", "llama3",
                        "factor", 8,
                        "low_freq_factor", 1,
                        "high_freq_factor", 4,
                        "original_max_position_embeddings", 64))));
  }

  @ParameterizedTest
  @MethodSource("variants")
  void givenVariant_run_agreesWithThePlainForwardPass(TinyCheckpoint tiny) throws IOException {
    Path path = tiny.writeTo(temp.resolve("tiny"));
    ModelFolder folder = ModelFolder.open(path);
    PlainDecoder plain = new PlainDecoder(Checkpoint.open(path), folder.config());
    SplittableRandom random = new SplittableRandom(7);
    try (ReferenceBackend backend = new ReferenceBackend();
        HandLoop loop = new HandLoop(backend, folder.load(backend, DType.F32, DType.F32), 64)) {
      // Lengths around a page of 16 tokens; output tokens take the path of one token per step.
      for (int length : List.of(2, 15, 16, 17, 40)) {
        int[] prompt = random.ints(length, 3, 259).toArray();

        HandLoop.Run run = loop.run(prompt, 12);

        int[] all = Arrays.copyOf(prompt, length + 12);
        System.arraycopy(run.tokenIds(), 0, all, length, 12);
        double[] expected = plain.logprobs(all);
        for (int i = 0; i < expected.length; i++) {
          float actual = i < length - 1 ? run.promptLogprobs()[i] : run.logprobs()[i - length + 1];
          assertThat((double) actual)
              .as("token %s of %s", i + 1, length)
              .isCloseTo(expected[i], within(1e-4));
        }
      }
    }
  }

  @Test
  void givenVariants_run_differFromEachOther() throws IOException {
    // A variant that changes nothing would be no test of itself.
    int[] prompt = new SplittableRandom(7).ints(40, 3, 259).toArray();
    List<Double> sums =
        variants()
            .map(Named::getPayload)
            .map(
                tiny -> {
                  try {
                    Path path = tiny.writeTo(temp.resolve("tiny" + tiny.hashCode()));
                    return new PlainDecoder(Checkpoint.open(path), ModelConfig.read(path));
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                })
            .map(plain -> Arrays.stream(plain.logprobs(prompt)).sum())
            .toList();

    assertThat(sums).doesNotHaveDuplicates();
  }
}
