// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ModelFolderTest {

  @TempDir Path temp;

  @Test
  void givenWholeFolder_open_knowsTheModel() throws IOException {
    Path path =
        TinyCheckpoint.llama()
            .with("eos_token_id", List.of(9, 2))
            .withGeneration("eos_token_id", List.of(7, 2))
            .writeTo(temp.resolve("tiny"));

    ModelFolder folder = ModelFolder.open(path);

    assertThat(folder.name()).isEqualTo("tiny");
    assertThat(folder.path()).isEqualTo(path);
    assertThat(folder.config().architecture()).isEqualTo(Architecture.LLAMA);
    assertThat(folder.endTokenIds()).containsExactly(2, 7, 9);
    assertThat(folder.weightFiles()).containsExactly(path.resolve("model.safetensors"));
  }

  @Test
  void givenFolderThatIsNone_open_saysSo() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "x");

    assertRefused(temp.resolve("none"), "the model folder " + temp.resolve("none"));
    assertRefused(temp.resolve("none"), "does not exist");
    assertRefused(file, "is no folder");
  }

  @Test
  void givenMissingFiles_open_namesThem() throws IOException {
    Path path = TinyCheckpoint.llama().writeTo(temp.resolve("tiny"));
    Files.delete(path.resolve("model.safetensors"));
    assertRefused(path, "has neither model.safetensors nor");
    Files.delete(path.resolve("config.json"));
    assertRefused(path, "config.json does not exist");
  }

  @Test
  void givenSameFilesElsewhereAndLater_fingerprint_isTheSame() throws IOException {
    Path one = TinyCheckpoint.llama().writeTo(temp.resolve("one"));
    Path two = TinyCheckpoint.llama().writeTo(temp.resolve("deep/er/two"));
    Files.writeString(two.resolve("README.md"), "not hashed");
    Files.setLastModifiedTime(two.resolve("config.json"), FileTime.fromMillis(1));
    Path links = Files.createDirectory(temp.resolve("links"));
    for (String name :
        List.of("config.json", "generation_config.json", "tokenizer.json", "model.safetensors")) {
      Files.createSymbolicLink(links.resolve(name), one.resolve(name));
    }

    String fingerprint = ModelFolder.open(one).fingerprint();

    assertThat(fingerprint).matches("[0-9a-f]{64}");
    assertThat(ModelFolder.open(two).fingerprint()).isEqualTo(fingerprint);
    assertThat(ModelFolder.open(links).fingerprint()).isEqualTo(fingerprint);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "config.json",
        "generation_config.json",
        "tokenizer.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
        "model.safetensors.index.json"
      })
  void givenOneChangedByte_fingerprint_differs(String name) throws IOException {
    Path path = TinyCheckpoint.qwen2().withShards(2).writeTo(temp.resolve("tiny"));
    ModelFolder folder = ModelFolder.open(path);
    String before = folder.fingerprint();
    byte[] bytes = Files.readAllBytes(path.resolve(name));
    bytes[bytes.length - 1] ^= 1;
    Files.write(path.resolve(name), bytes);

    assertThat(folder.fingerprint()).isNotEqualTo(before);
  }

  @Test
  void givenNewTokenizerFile_fingerprint_differs() throws IOException {
    Path path = TinyCheckpoint.llama().writeTo(temp.resolve("tiny"));
    ModelFolder folder = ModelFolder.open(path);
    String before = folder.fingerprint();

    Files.writeString(path.resolve("chat_template.jinja"), "");
    String withEmptyTemplate = folder.fingerprint();
    Files.move(path.resolve("chat_template.jinja"), path.resolve("merges.txt"));

    assertThat(withEmptyTemplate).isNotEqualTo(before);
    assertThat(folder.fingerprint()).isNotIn(before, withEmptyTemplate);
  }

  private static void assertRefused(Path path, String problem) {
    assertThatThrownBy(() -> ModelFolder.open(path))
        .isInstanceOfSatisfying(
            EngineException.class,
            e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.CONFIGURATION))
        .hasMessageContaining(problem);
  }
}
