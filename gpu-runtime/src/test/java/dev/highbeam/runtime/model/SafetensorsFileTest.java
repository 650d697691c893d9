// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.WeightSource;
import dev.highbeam.runtime.json.JsonFile;
import dev.highbeam.runtime.json.JsonValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class SafetensorsFileTest {

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "BF16", "F16"})
  void givenTensorOfEachType_readsPart_convertsExactly(DType dtype) throws IOException {
    // All values have few bits, so that every type holds them.
    float[] values = {0, -0.0f, 1, -2, 0.5f, 3, 1024, -0.125f, 7, Float.POSITIVE_INFINITY};
    Path path =
        new SafetensorsWriter()
            .add("odd", DType.F16, new long[] {1}, new float[] {9})
            .add("t", dtype, new long[] {2, 5}, values)
            .writeTo(folder.resolve("a.safetensors"));

    WeightSource tensor = SafetensorsFile.open(path).tensor("t");

    assertThat(tensor.name()).isEqualTo("t");
    assertThat(tensor.dtype()).isEqualTo(dtype);
    assertThat(tensor.shape()).containsExactly(2, 5);
    assertThat(tensor.elementCount()).isEqualTo(10);
    float[] read = new float[9];
    tensor.read(3, read, 1, 7);
    assertThat(read).containsExactly(0, -2, 0.5f, 3, 1024, -0.125f, 7, Float.POSITIVE_INFINITY, 0);
    assertThat(tensor.bytes(0, 10).remaining()).isEqualTo(10 * dtype.bytes());
    assertThat(tensor.bytes(2, 3).isReadOnly()).isTrue();
  }

  @Test
  void givenBf16_bytes_areTheFilesOwn() throws IOException {
    Path path =
        new SafetensorsWriter()
            .add("t", DType.BF16, new long[] {3}, new float[] {1, 2, -1})
            .writeTo(folder.resolve("a.safetensors"));

    ByteBuffer bytes = SafetensorsFile.open(path).tensor("t").bytes(1, 2);

    // 2.0f is 0x40000000 and -1.0f is 0xbf800000; bf16 keeps the upper halves.
    assertThat(bytes.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
    assertThat(bytes.getShort(0)).isEqualTo((short) 0x4000);
    assertThat(bytes.getShort(2)).isEqualTo((short) 0xbf80);
  }

  @ParameterizedTest
  @CsvSource({"F32, 64", "BF16, 64", "F16, 48", "F32, 4096"})
  void givenMappingsOf64Bytes_readsAcrossTheirBorders_valuesAreAllThere(DType dtype, int stride)
      throws IOException {
    // 1000 elements of 2 or 4 bytes lie in 32 to 84 mappings of the smallest strides.
    float[] values = new float[1000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i - 500;
    }
    Path path =
        new SafetensorsWriter()
            .addRaw("pad", "U8", new long[] {3}, new byte[3])
            .add("t", dtype, new long[] {1000}, rounded(values))
            .writeTo(folder.resolve("a.safetensors"));

    WeightSource tensor = SafetensorsFile.open(path, stride).tensor("t");

    for (int offset : new int[] {0, 1, 31, 32, 33, 500, 999}) {
      float[] read = new float[1000 - offset];
      tensor.read(offset, read, 0, read.length);
      for (int i = 0; i < read.length; i++) {
        assertThat(read[i]).isEqualTo(rounded(values)[offset + i]);
      }
    }
    int most = stride / dtype.bytes();
    if (most < 1000) {
      assertThat(tensor.bytes(7, most).remaining()).isEqualTo(stride);
      assertThatThrownBy(() -> tensor.bytes(7, most + 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("at most " + stride);
    }
  }

  @Test
  void givenTensorOf3Gigabytes_read_reachesItsEnd() throws IOException {
    // A sparse file: it takes a few blocks of disk, and mapping it takes no memory.
    long count = 3L << 29;
    String header =
        "{\"t\":{\"dtype\":\"BF16\",\"shape\":[3,536870912],\"data_offsets\":[0,3221225472]}}";
    byte[] head = SafetensorsWriter.file(header.getBytes(StandardCharsets.UTF_8), new byte[0]);
    Path path = folder.resolve("a.safetensors");
    try (FileChannel channel =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      channel.write(ByteBuffer.wrap(head));
      // The last two elements are the bf16 pattern 0x4040, which is 3.
      channel.write(
          ByteBuffer.wrap(new byte[] {0x40, 0x40, 0x40, 0x40}), head.length + 2 * count - 4);
    }

    WeightSource tensor = SafetensorsFile.open(path).tensor("t");

    float[] last = new float[3];
    tensor.read(count - 3, last, 0, 3);
    assertThat(last).containsExactly(0, 3, 3);
    assertThat(tensor.bytes(count - 1, 1).getShort()).isEqualTo((short) 0x4040);
  }

  @Test
  void givenRangesOutsideTheTensor_read_throwsIndexOutOfBounds() throws IOException {
    Path path =
        new SafetensorsWriter()
            .add("t", DType.F32, new long[] {4}, new float[] {1, 2, 3, 4})
            .add("next", DType.F32, new long[] {4}, new float[] {5, 6, 7, 8})
            .writeTo(folder.resolve("a.safetensors"));
    WeightSource tensor = SafetensorsFile.open(path).tensor("t");

    assertThatThrownBy(() -> tensor.read(1, new float[8], 0, 4))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> tensor.read(-1, new float[8], 0, 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> tensor.read(0, new float[8], 5, 4))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> tensor.bytes(4, 1)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void givenUnreadableTypes_open_refusesThemOnlyWhenUsed() throws IOException {
    Path path =
        new SafetensorsWriter()
            .addRaw("ints", "I64", new long[] {2}, new byte[16])
            .addRaw("future", "F4_E2M1", new long[] {3, 3}, new byte[5])
            .addRaw("scalar", "F32", new long[] {}, new byte[4])
            .add("w", DType.F32, new long[] {1}, new float[] {4})
            .writeTo(folder.resolve("a.safetensors"));

    SafetensorsFile file = SafetensorsFile.open(path);

    assertThat(file.names()).containsExactlyInAnyOrder("ints", "future", "scalar", "w");
    assertThat(file.tensor("w").bytes(0, 1).getFloat()).isEqualTo(4);
    refused(() -> file.tensor("ints"), "'ints' is of type 'I64'; weights must be F32, BF16 or F16");
    refused(() -> file.tensor("future"), "of type 'F4_E2M1'");
    refused(() -> file.tensor("scalar"), "has no dimension");
    refused(() -> file.tensor("none"), "has no tensor 'none'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "[]|0|does not begin with {",
        "\" {}\"|0|does not begin with {",
        "{}|1|bytes of no tensor",
        "{} x|0|header is broken",
        "{}{}|0|goes on after its last }",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}|4|header is broken",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}}|3|cut short",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}}|4|needs 8 bytes but is given 4",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,8]}}|8|needs 4 bytes but is given 8",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,0]}}|4|has the offsets 4 and 0",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}|8|leaves a hole",
        "{'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2]},"
            + "'b':{'dtype':'U8','shape':[2],'data_offsets':[1,3]}}|3|overlaps",
        "{'a':{'dtype':'U8','shape':[1],'data_offsets':[0,1]},"
            + "'a':{'dtype':'U8','shape':[1],'data_offsets':[1,2]}}|2|Duplicate",
        "{'a':{'dtype':'U8','shape':[-1],'data_offsets':[0,1]}}|1|must not be negative",
        "{'a':{'dtype':'U8','shape':[1.0],'data_offsets':[0,1]}}|1|is not a whole number",
        "{'a':{'dtype':'U8','shape':['1'],'data_offsets':[0,1]}}|1|is not a whole number",
        "{'a':{'dtype':'U8','shape':[1],'data_offsets':[0]}}|1|lacks dtype, shape or two",
        "{'a':{'dtype':'U8','data_offsets':[0,1]}}|1|lacks dtype, shape or two",
        "{'a':{'dtype':8,'shape':[1],'data_offsets':[0,1]}}|1|is not a text",
        "{'a':7}|0|is not an object",
        "{'__metadata__':7}|0|__metadata__ is not an object",
        "{'a':{'dtype':'U8','shape':[1,1,1,1,1,1,1,1,1],'data_offsets':[0,1]}}|1|9 dimensions",
        "{'a':{'dtype':'U8','shape':[99999999999999999999],'data_offsets':[0,1]}}|1|broken",
        "{'a':{'dtype':'U8','x':[[[[[[[[[[]]]]]]]]]],'shape':[1],'data_offsets':[0,1]}}|1|broken",
        "{'a':{'dtype':'U64','shape':[4611686018427387904],'data_offsets':[0,1]}}|1|larger than",
      })
  void givenBrokenHeader_open_saysWhatIsWrong(String header, int dataBytes, String problem)
      throws IOException {
    byte[] json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    Path path =
        Files.write(
            folder.resolve("a.safetensors"), SafetensorsWriter.file(json, new byte[dataBytes]));

    refused(() -> SafetensorsFile.open(path), problem);
  }

  @Test
  void givenLyingHeaderLengths_open_refusesBeforeReading() throws IOException {
    for (long length : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, 100_000_001}) {
      byte[] bytes = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array();
      Path path = Files.write(folder.resolve("a.safetensors"), bytes);
      refused(() -> SafetensorsFile.open(path), "must be at most 100000000 bytes");
    }
    byte[] longer = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN).putLong(3).array();
    Path path = Files.write(folder.resolve("a.safetensors"), longer);
    refused(() -> SafetensorsFile.open(path), "the header of 3 bytes is longer than the file");
  }

  @Test
  void givenSomethingThatIsNoFile_open_refuses() {
    refused(() -> SafetensorsFile.open(folder), "is not a regular file");
    refused(() -> SafetensorsFile.open(folder.resolve("none")), "does not exist");
  }

  @Test
  void givenConformanceVectors_open_agreesWithTheFormatsOwnReader() throws IOException {
    Path vectors = SharedData.require("safetensors_vectors");
    List<String> wrong = new ArrayList<>();
    int seen = 0;
    for (JsonValue row : JsonFile.read(vectors.resolve("cases.json"), 1 << 20).elements()) {
      Path path = vectors.resolve(row.required("file").text());
      boolean accepted = true;
      try {
        SafetensorsFile.open(path);
      } catch (EngineException e) {
        accepted = false;
        assertThat(e.kind()).isEqualTo(EngineException.Kind.CONFIGURATION);
      }
      seen++;
      if (accepted != row.required("expect").text().equals("ok")) {
        wrong.add(path.getFileName() + (accepted ? " was accepted" : " was refused"));
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(seen).isGreaterThanOrEqualTo(5);
  }

  private static float[] rounded(float[] values) {
    // Whole numbers below 256 are exact in bf16; the others are made so.
    float[] rounded = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      rounded[i] = values[i] % 256;
    }
    return rounded;
  }

  private static void refused(ThrowingCallable call, String problem) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            EngineException.class,
            e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.CONFIGURATION))
        .hasMessageContaining(problem);
  }
}
