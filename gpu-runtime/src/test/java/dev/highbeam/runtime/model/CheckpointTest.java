// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CheckpointTest {

  @TempDir Path folder;

  @Test
  void givenSingleFile_tensor_findsItByNameAndShape() throws IOException {
    write("model.safetensors", "a");

    Checkpoint checkpoint = Checkpoint.open(folder);

    assertThat(checkpoint.has("a")).isTrue();
    assertThat(checkpoint.has("b")).isFalse();
    assertThat(checkpoint.tensor("a", 2, 1).shape()).containsExactly(2, 1);
    assertThat(checkpoint.files()).containsExactly(folder.resolve("model.safetensors"));
    refused(() -> checkpoint.tensor("lm_head.weight", 2, 1), "have no tensor 'lm_head.weight'");
    refused(() -> checkpoint.tensor("a", 1, 2), "must have the shape [1, 2]", "was [2, 1]");
    refused(() -> checkpoint.tensor("a", 2), "must have the shape [2]");
  }

  @Test
  void givenShards_tensor_readsFromTheFileOfTheIndex() throws IOException {
    write("model-2.safetensors", "b", "extra");
    write("model-1.safetensors", "a");
    index("{'weight_map':{'b':'model-2.safetensors','a':'model-1.safetensors'}}");

    Checkpoint checkpoint = Checkpoint.open(folder);

    assertThat(checkpoint.tensor("a", 2, 1).name()).isEqualTo("a");
    assertThat(checkpoint.tensor("b", 2, 1).name()).isEqualTo("b");
    assertThat(checkpoint.has("extra")).isFalse();
    assertThat(checkpoint.files())
        .containsExactly(
            folder.resolve("model.safetensors.index.json"),
            folder.resolve("model-1.safetensors"),
            folder.resolve("model-2.safetensors"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../x.safetensors",
        "/tmp/x.safetensors",
        "a/b.safetensors",
        "a\\\\b.safetensors",
        "C:x.safetensors",
        ".safetensors",
        ".x.safetensors",
        "x.bin",
        "x.safetensors\\u0000",
        "",
      })
  void givenShardThatIsNoPlainName_open_refuses(String shard) throws IOException {
    index("{'weight_map':{'a':'" + shard + "'}}");

    refused(() -> Checkpoint.open(folder), "must be the plain name of a .safetensors file");
  }

  @Test
  void givenBrokenIndex_open_refuses() throws IOException {
    index("{'weight_map':{}}");
    refused(() -> Checkpoint.open(folder), "must name 1 to 1024 files");
    index("{'weight_map':[]}");
    refused(() -> Checkpoint.open(folder), "must be an object");
    index("{}");
    refused(() -> Checkpoint.open(folder), "has no member \"weight_map\"");
    index("{'weight_map':{'a':'model-1.safetensors'}}");
    refused(() -> Checkpoint.open(folder), "model-1.safetensors does not exist");
    write("model-1.safetensors", "b");
    refused(() -> Checkpoint.open(folder), "has no tensor 'a', which the index puts there");
  }

  @Test
  void givenPickledWeights_open_saysThatOnlySafetensorsAreRead() throws IOException {
    Files.writeString(folder.resolve("pytorch_model.bin"), "x");
    Files.writeString(folder.resolve("weights.pt"), "x");

    refused(
        () -> Checkpoint.open(folder),
        "only safetensors are read, not 'pytorch_model.bin', 'weights.pt'");
  }

  @Test
  void givenNoWeights_open_saysWhatIsMissing() {
    refused(
        () -> Checkpoint.open(folder),
        "has neither model.safetensors nor model.safetensors.index.json");
  }

  @Test
  void givenLinkToTheWeights_open_followsIt(@TempDir Path elsewhere) throws IOException {
    // The cache of Hugging Face's hub keeps blobs elsewhere and links to them.
    Path blob =
        new SafetensorsWriter()
            .add("a", DType.F32, new long[] {2, 1}, new float[] {1, 2})
            .writeTo(elsewhere.resolve("0badcafe"));
    Files.createSymbolicLink(folder.resolve("model.safetensors"), blob);

    assertThat(Checkpoint.open(folder).tensor("a", 2, 1).bytes(1, 1).getFloat()).isEqualTo(2);
  }

  @Test
  void givenTruncatedWeights_open_saysSo() throws IOException {
    write("model.safetensors", "a");
    Path path = folder.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(path);
    Files.write(path, java.util.Arrays.copyOf(bytes, bytes.length - 1));

    refused(() -> Checkpoint.open(folder), "the file is cut short", "need 8 bytes", "7 are there");
  }

  private void write(String file, String... tensors) throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter();
    for (String tensor : tensors) {
      writer.add(tensor, DType.F32, new long[] {2, 1}, new float[] {1, 2});
    }
    writer.writeTo(folder.resolve(file));
  }

  private void index(String json) throws IOException {
    Files.writeString(folder.resolve("model.safetensors.index.json"), json.replace('\'', '"'));
  }

  private static void refused(ThrowingCallable call, String... problems) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            EngineException.class,
            e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.CONFIGURATION))
        .hasMessageContainingAll(problems);
  }
}
