// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import dev.highbeam.runtime.tokenizer.Tokenizer.SpecialText;
import dev.highbeam.runtime.tokenizer.Tokenizer.Specials;
import dev.highbeam.runtime.tokenizer.Tokenizers;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TinyCheckpointTest {

  @TempDir Path temp;

  @Test
  void givenSameCalls_writeTo_givesTheSameBytes() throws IOException {
    Path one = TinyCheckpoint.qwen2().withShards(2).writeTo(temp.resolve("one"));
    Path two = TinyCheckpoint.qwen2().withShards(2).writeTo(temp.resolve("two"));
    Path other = TinyCheckpoint.qwen2().withShards(2).withSeed(2).writeTo(temp.resolve("other"));

    String fingerprint = ModelFolder.open(one).fingerprint();

    assertThat(ModelFolder.open(two).fingerprint()).isEqualTo(fingerprint);
    assertThat(ModelFolder.open(other).fingerprint()).isNotEqualTo(fingerprint);
    // Pinned, so that a new JDK or another machine cannot change what other tests run on.
    assertThat(fingerprint)
        .isEqualTo("f02f2968e2052c1b83c01bbba3b783de320b0fd53bc54df28a207dea9baae94f");
  }

  @Test
  void givenTokenizer_encode_givesOneTokenPerByte() throws IOException {
    Tokenizer tokenizer = Tokenizers.load(TinyCheckpoint.llama().writeTo(temp));

    // e with acute is the bytes c3 a9 in UTF-8; ids are 3 + byte, behind <s>.
    assertThat(tokenizer.encode("a \u00e9\n", Specials.ADD))
        .containsExactly(1, 3 + 'a', 3 + ' ', 3 + 0xc3, 3 + 0xa9, 3 + '\n');
    assertThat(tokenizer.encode("b</s>", Specials.OMIT)).containsExactly(3 + 'b', 2);
    assertThat(tokenizer.decode(new int[] {1, 3 + 0xc3, 3 + 0xa9, 2}, SpecialText.SKIP))
        .isEqualTo("\u00e9");
    assertThat(tokenizer.vocabularySize()).isEqualTo(259);
  }

  @Test
  void givenWide_writeTo_hasLongRows() throws IOException {
    ModelFolder folder = ModelFolder.open(TinyCheckpoint.wide().writeTo(temp));

    assertThat(folder.config().hiddenSize()).isEqualTo(4096);
    assertThat(folder.config().maxPositions()).isEqualTo(4096);
    assertThat(folder.config().weightBytes(DType.BF16)).isLessThan(32L << 20);
    DecoderModel model = folder.load(new RecordingBackend(), DType.BF16, DType.BF16);
    assertThat(model.program().body()).hasSize(9);
  }
}
