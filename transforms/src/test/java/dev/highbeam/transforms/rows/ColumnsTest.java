// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.WithNull;
import org.apache.beam.sdk.util.SerializableUtils;
import org.junit.jupiter.api.Test;

class ColumnsTest {

  private static final Columns COLUMNS =
      Columns.of(
          List.of(
              Column.of("t", ColumnType.TEXT),
              Column.of("l", ColumnType.LONG),
              Column.of("d", ColumnType.DOUBLE),
              Column.of("b", ColumnType.BOOLEAN),
              Column.of("i", ColumnType.INT),
              Column.of("f", ColumnType.FLOAT),
              Column.of("y", ColumnType.BYTES)));

  @Property(seed = "2611")
  void givenAnyValues_decodeGivesBack_whatWasEncoded(
      @ForAll @WithNull(0.3) String t,
      @ForAll @WithNull(0.3) Long l,
      @ForAll @WithNull(0.3) Double d,
      @ForAll @WithNull(0.3) Boolean b,
      @ForAll @WithNull(0.3) Integer i,
      @ForAll @WithNull(0.3) Float f,
      @ForAll @WithNull(0.3) byte[] y) {
    // A lone surrogate is no text that UTF-8 could carry; readers refuse it before.
    String text = t == null ? null : t.replaceAll("\\p{Cs}", "");
    Object[] row = {text, l, d, b, i, f, y};
    assertThat(COLUMNS.decode(COLUMNS.encode(row))).isEqualTo(row);
  }

  @Test
  void givenNarrowerValues_areWidened_numbersInTextColumnsBecomeJson() {
    Object[] row = COLUMNS.arrange(Map.of("t", 5L, "d", 7L, "l", 3));
    assertThat(row).containsExactly(new JsonText("5"), 3L, 7.0, null, null, null, null);
    assertThat(COLUMNS.decode(COLUMNS.encode(row))).isEqualTo(row);
  }

  @Test
  void givenUnknownNameOrUnfitValue_isRefused_withTheColumn() {
    assertThatThrownBy(() -> COLUMNS.arrange(Map.of("zz", 1L))).hasMessageContaining("zz");
    assertThatThrownBy(() -> COLUMNS.arrange(Map.of("b", 1L))).hasMessageContaining("column b");
    assertThatThrownBy(
            () ->
                Columns.of(
                    List.of(Column.of("a", ColumnType.TEXT), Column.of("a", ColumnType.LONG))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void givenColumns_travel_andFindTheirNames() {
    Columns copy = SerializableUtils.ensureSerializable(COLUMNS);
    assertThat(copy.indexOf("d")).hasValue(2);
    assertThat(copy.indexOf("x")).isEmpty();
    assertThat(copy.list()).isEqualTo(COLUMNS.list());
  }

  @Test
  void givenRow_jsonHasItsValues_withoutNulls() {
    Object[] row = {"a\"b", 1L, Double.NaN, true, null, 1.5f, new byte[] {1}};
    assertThat(JsonWriter.writeRow(COLUMNS, row))
        .isEqualTo("{\"t\":\"a\\\"b\",\"l\":1,\"d\":\"NaN\",\"b\":true,\"f\":1.5,\"y\":\"AQ==\"}");
    Columns decimal = Columns.of(List.of(Column.decimal("d", 5, 2)));
    assertThat(JsonWriter.writeRow(decimal, new Object[] {new byte[] {4, (byte) 0xD2}}))
        .isEqualTo("{\"d\":12.34}");
  }
}
