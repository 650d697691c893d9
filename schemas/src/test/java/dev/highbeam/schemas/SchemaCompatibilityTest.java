// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every published version can be read by the current schemas, and the other way round. */
class SchemaCompatibilityTest {

  private static final Map<String, Schema> CURRENT =
      Map.of(
          "inference_request.avsc", InferenceSchemas.REQUEST,
          "inference_result.avsc", InferenceSchemas.RESULT,
          "inference_failure.avsc", InferenceSchemas.FAILURE);

  static Stream<String> files() {
    return CURRENT.keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("files")
  void givenGoldenV1_currentReadsIt_compatible(String file) throws IOException {
    assertCompatible(CURRENT.get(file), golden(file));
  }

  @ParameterizedTest
  @MethodSource("files")
  void givenCurrent_goldenV1ReadsIt_compatible(String file) throws IOException {
    assertCompatible(golden(file), CURRENT.get(file));
  }

  private static void assertCompatible(Schema reader, Schema writer) {
    var result = SchemaCompatibility.checkReaderWriterCompatibility(reader, writer);
    assertThat(result.getType())
        .as(result.getDescription())
        .isEqualTo(SchemaCompatibilityType.COMPATIBLE);
  }

  private static Schema golden(String file) throws IOException {
    try (InputStream in = SchemaCompatibilityTest.class.getResourceAsStream("/golden/v1/" + file)) {
      return new Schema.Parser().parse(in);
    }
  }
}
