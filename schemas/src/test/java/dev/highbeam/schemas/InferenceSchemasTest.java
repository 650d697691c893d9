// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;

class InferenceSchemasTest {

  @Test
  void givenFieldConstants_nameEverySchemaField_inOrder() throws IllegalAccessException {
    assertThat(constants(ResultFields.class)).isEqualTo(fields(InferenceSchemas.RESULT));
    assertThat(constants(FailureFields.class)).isEqualTo(fields(InferenceSchemas.FAILURE));
    assertThat(constants(JournalFields.class)).isEqualTo(fields(InferenceSchemas.JOURNAL_ENTRY));
    assertThat(constants(CopyFields.class)).isEqualTo(fields(InferenceSchemas.SHARD_COPY));
    assertThat(constants(RequestFields.class))
        .containsExactlyInAnyOrderElementsOf(fields(InferenceSchemas.REQUEST));
  }

  @Test
  void givenAnyField_hasDocumentation_inSchema() {
    for (Schema schema :
        List.of(
            InferenceSchemas.RESULT,
            InferenceSchemas.FAILURE,
            InferenceSchemas.JOURNAL_ENTRY,
            InferenceSchemas.SHARD_COPY)) {
      assertThat(schema.getDoc()).isNotBlank();
      assertThat(schema.getFields()).allSatisfy(field -> assertThat(field.doc()).isNotBlank());
    }
  }

  @Test
  void givenReadme_namesEveryErrorCodeAndField_asATableRow() throws IOException {
    String readme = Files.readString(Path.of(System.getProperty("user.dir"), "README.md"));
    for (ErrorCode code : ErrorCode.values()) {
      assertThat(readme).contains("| `" + code.name() + "` |");
    }
    for (String field : fields(InferenceSchemas.RESULT)) {
      assertThat(readme).contains("`" + field + "`");
    }
  }

  private static List<String> constants(Class<?> type) throws IllegalAccessException {
    List<String> values = new ArrayList<>();
    for (Field field : type.getDeclaredFields()) {
      if (field.getType() == String.class) {
        values.add((String) field.get(null));
      }
    }
    return values;
  }

  private static List<String> fields(Schema schema) {
    return schema.getFields().stream().map(Schema.Field::name).toList();
  }
}
