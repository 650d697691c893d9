// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CpuPeersOptionsTest {

  @TempDir Path folder;

  @Test
  void givenNothing_parse_theWholeComparison() {
    CpuPeersOptions options = CpuPeersOptions.parse();

    assertThat(options.model().shape().name()).isEqualTo("llama-3.2-1b");
    assertThat(options.weights()).containsExactly("bf16", "int8");
    assertThat(options.batches()).containsExactly(1, 8, 32, 64, 256);
    assertThat(options.contenders()).containsExactly("highbeam", "kherud", "jlama", "llama.cpp");
    assertThat(options.llamaCpp()).isEmpty();
    assertThat(options.settings()).isEmpty();
  }

  @Test
  void givenOptions_parse_theirValues() {
    CpuPeersOptions options =
        CpuPeersOptions.parse(
            "--batches=2,4",
            "--minutes=3",
            "--llamaCpp=/opt/llama",
            "--set=max_num_batched_tokens=512,block_size=32");

    assertThat(options.batches()).containsExactly(2, 4);
    assertThat(options.limit()).isEqualTo(Duration.ofMinutes(3));
    assertThat(options.llamaCpp()).contains(Path.of("/opt/llama"));
    assertThat(options.settings())
        .isEqualTo(Map.of("max_num_batched_tokens", "512", "block_size", "32"));
  }

  @Test
  void givenWrongOnes_parse_refusesByName() {
    assertThatThrownBy(() -> CpuPeersOptions.parse("--batch=2")).hasMessageContaining("batches");
    assertThatThrownBy(() -> CpuPeersOptions.parse("batches=2")).hasMessageContaining("batches");
    assertThatThrownBy(() -> CpuPeersOptions.parse("--weights=int4").weights())
        .hasMessageContaining("int4");
    assertThatThrownBy(() -> CpuPeersOptions.parse("--rounds=0").rounds())
        .hasMessageContaining("rounds");
  }

  @Test
  void givenBatch_promptFile_warmUpAndBatchAndAlwaysTheSame() throws IOException {
    CpuPeersOptions options =
        CpuPeersOptions.parse("--model=tiny-llama", "--promptTokens=3", "--out=" + folder);

    List<String> lines = Files.readAllLines(options.promptFile(5));

    assertThat(lines).hasSize(5 + Worker.WARM_PROMPTS).allMatch(line -> line.startsWith(" "));
    assertThat(Files.readAllLines(options.promptFile(5))).isEqualTo(lines);
  }
}
