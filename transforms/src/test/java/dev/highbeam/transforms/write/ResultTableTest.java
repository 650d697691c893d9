// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.transforms.rows.Column;
import dev.highbeam.transforms.rows.ColumnType;
import dev.highbeam.transforms.rows.Columns;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.beam.sdk.util.SerializableUtils;
import org.junit.jupiter.api.Test;

class ResultTableTest {

  @Test
  void givenTakenNames_arePrefixedUntilFree_othersStay() {
    assertThat(names("custom_id", "id", "seed", "input_seed", "Model", "text"))
        .containsExactly(
            "input_custom_id", "id", "input_input_seed", "input_seed", "input_Model", "text");
  }

  @Test
  void givenCustomIdAsTheIdColumn_isNotLaidOutTwice() {
    assertThat(names("custom_id", "custom_id", "prompt")).containsExactly(null, "prompt");
  }

  @Test
  void givenOptionalColumns_areThereOnlyIfAsked_andThenTakeTheirNames() {
    Columns columns = Columns.of(List.of(Column.of("token_ids", ColumnType.LONG)));
    ResultTable without = new ResultTable(columns, "id", Set.of());
    ResultTable with = new ResultTable(columns, "id", Set.of("token_ids"));
    assertThat(fields(without)).contains("token_ids").doesNotContain("input_token_ids", "columns");
    assertThat(fields(with)).contains("token_ids", "input_token_ids");
    assertThat(SerializableUtils.ensureSerializable(with).columnNames())
        .containsExactly("input_token_ids");
  }

  @Test
  void givenLogprobsInJobOrRows_columnsAreThere_elseNot() {
    Settings<SamplingSetting> none = Settings.none(SamplingSetting.class);
    Columns plain = Columns.of(List.of(Column.of("a", ColumnType.TEXT)));
    Columns rows = Columns.of(List.of(Column.of("sampling_params", ColumnType.TEXT)));
    assertThat(WriteResults.to(Path.of("x"), plain).withLogprobsIn(none).optionalColumns())
        .isEmpty();
    assertThat(
            WriteResults.to(Path.of("x"), plain)
                .withOutputTokenIds()
                .withLogprobsIn(none.with(SamplingSetting.LOGPROBS, 0))
                .optionalColumns())
        .containsExactlyInAnyOrder("token_ids", "token_logprobs", "top_logprobs");
    assertThat(WriteResults.to(Path.of("x"), rows).withLogprobsIn(none).optionalColumns())
        .containsExactlyInAnyOrder("token_logprobs", "top_logprobs", "prompt_logprobs");
  }

  private static List<String> names(String first, String idColumn, String... others) {
    List<Column> columns = new ArrayList<>();
    columns.add(Column.of(first, ColumnType.TEXT));
    for (String other : others) {
      columns.add(Column.of(other, ColumnType.TEXT));
    }
    if (!idColumn.equals(first)) {
      columns.add(1, Column.of(idColumn, ColumnType.TEXT));
    }
    return new ResultTable(Columns.of(columns), idColumn, Set.of()).columnNames();
  }

  private static List<String> fields(ResultTable table) {
    return table.layout().schema().getFields().stream().map(Schema.Field::name).toList();
  }
}
