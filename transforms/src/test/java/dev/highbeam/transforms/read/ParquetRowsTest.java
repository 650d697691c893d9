// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.highbeam.schemas.ErrorCode;
import dev.highbeam.transforms.Job;
import dev.highbeam.transforms.rows.Column;
import dev.highbeam.transforms.rows.ColumnType;
import dev.highbeam.transforms.rows.JsonText;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParquetRowsTest {

  @TempDir Path folder;

  @Test
  void givenColumnsOfManyTypes_valuesAndTypesStay_nestedBecomesJson() throws Exception {
    Path file = folder.resolve("types.parquet");
    copy(
        "SELECT true AS b, 7::INT AS i, 5::UTINYINT AS u8, 4000000000::UINTEGER AS u32,"
            + " 18446744073709551615::UBIGINT AS u64, 9000000000 AS l, 1.5::FLOAT AS f,"
            + " 2.5::DOUBLE AS d, 'täxt' AS t, '\\x01\\xFF'::BLOB AS y, DATE '2024-02-03' AS day,"
            + " TIMESTAMP '2024-02-03 04:05:06.789' AS ts, 12.34::DECIMAL(9,2) AS dec,"
            + " [1, NULL, 3] AS list, {'x': 1, 'y': ['a']} AS struct, MAP {'k': 2} AS map,"
            + " NULL::VARCHAR AS nothing",
        file,
        "COMPRESSION snappy");
    Survey survey = Rows.survey(file);
    assertThat(survey.columns().list())
        .extracting(Column::type)
        .containsExactly(
            ColumnType.BOOLEAN,
            ColumnType.INT,
            ColumnType.INT,
            ColumnType.LONG,
            ColumnType.TEXT,
            ColumnType.LONG,
            ColumnType.FLOAT,
            ColumnType.DOUBLE,
            ColumnType.TEXT,
            ColumnType.BYTES,
            ColumnType.DATE,
            ColumnType.LOCAL_TIMESTAMP_MICROS,
            ColumnType.DECIMAL,
            ColumnType.TEXT,
            ColumnType.TEXT,
            ColumnType.TEXT,
            ColumnType.TEXT);
    Map<String, Object> row = ((SourceRow.Good) Rows.of(survey).get(0)).values();
    assertThat(row)
        .containsEntry("b", true)
        .containsEntry("u32", 4_000_000_000L)
        .containsEntry("u64", new JsonText("18446744073709551615"))
        .containsEntry("t", "täxt")
        .containsEntry("y", new byte[] {1, -1})
        .containsEntry("day", 19_756)
        .containsEntry("ts", 1_706_933_106_789_000L)
        .containsEntry("list", new JsonText("[1,null,3]"))
        .containsEntry("struct", new JsonText("{\"x\":1,\"y\":[\"a\"]}"))
        .containsEntry("map", new JsonText("{\"k\":2}"))
        .containsEntry("nothing", null);
    assertThat(new BigInteger((byte[]) row.get("dec"))).isEqualTo(1234);
  }

  @Test
  void givenSeveralRowGroupsAndCodecs_eachIsASplit_positionsGoOn() throws Exception {
    for (String codec : List.of("uncompressed", "snappy", "gzip", "zstd", "lz4_raw")) {
      Path file = folder.resolve(codec + ".parquet");
      copy(
          "SELECT i, 'p' || i AS prompt FROM range(1, 5001) r(i)",
          file,
          "COMPRESSION " + codec + ", ROW_GROUP_SIZE 2048");
      Survey survey = Rows.survey(file);
      assertThat(survey.rowCount()).as(codec).isEqualTo(5000);
      assertThat(survey.splits()).hasSizeGreaterThan(1);
      List<SourceRow> rows = Rows.of(survey);
      assertThat(rows).hasSize(5000);
      for (SourceRow row : rows) {
        assertThat(((SourceRow.Good) row).values()).containsEntry("i", row.position());
      }
    }
  }

  @Test
  void givenDamagedFiles_rowsBeforeAreRead_thenOneError() throws Exception {
    Path file = folder.resolve("whole.parquet");
    copy(
        "SELECT i, hash(i)::VARCHAR AS prompt FROM range(1, 5001) r(i)",
        file,
        "COMPRESSION zstd, ROW_GROUP_SIZE 2048");
    byte[] whole = Files.readAllBytes(file);
    Path cut = Rows.write(folder, "cut.parquet", Arrays.copyOf(whole, whole.length / 2));
    assertThat(Rows.onlyBroken(cut))
        .extracting(SourceRow.Broken::code, SourceRow.Broken::position)
        .containsExactly(ErrorCode.CORRUPT_INPUT, 1L);
    byte[] holed = whole.clone();
    Arrays.fill(holed, whole.length / 3, whole.length / 3 * 2, (byte) 0x55);
    List<SourceRow> rows = Rows.of(Rows.survey(Rows.write(folder, "holed.parquet", holed)));
    assertThat(rows).anyMatch(row -> row instanceof SourceRow.Good);
    assertThat(rows)
        .filteredOn(row -> row instanceof SourceRow.Broken)
        .isNotEmpty()
        .allMatch(row -> ((SourceRow.Broken) row).code() == ErrorCode.CORRUPT_INPUT);
  }

  @Test
  void givenParquetInput_jobCarriesTypedColumnsThrough() throws Exception {
    Path file = folder.resolve("in.parquet");
    copy(
        "SELECT 'p' || i AS prompt, i::INT AS i, DATE '2024-01-01' + i::INT AS day,"
            + " (i / 4)::DECIMAL(12,3) AS dec, TIMESTAMPTZ '2024-01-01 00:00:00+00' AS moment,"
            + " TIMESTAMP_NS '2024-01-01 00:00:00.123456789' AS ns, ['a'] AS tags,"
            + " '\\xAA'::BLOB AS raw FROM range(1, 101) r(i)",
        file,
        "COMPRESSION zstd");
    Path out = folder.resolve("out");
    Job.run(file.toString(), out, "parquet-columns", 2);
    String results = "'" + out + "/results/*.parquet'";
    assertThat(
            Job.query(
                    "SELECT column_name, column_type FROM (DESCRIBE SELECT i, day, dec, moment, ns,"
                        + " tags, raw FROM "
                        + results
                        + ")")
                .toString())
        .isEqualTo(
            "[[i, INTEGER], [day, DATE], [dec, DECIMAL(12,3)], [moment, TIMESTAMP WITH TIME ZONE],"
                + " [ns, TIMESTAMP_NS], [tags, VARCHAR], [raw, BLOB]]");
    assertThat(
            Job.query(
                    "SELECT count(*) FROM "
                        + results
                        + " r JOIN '"
                        + file
                        + "' f ON r.i = f.i"
                        + " AND r.position = f.i AND r.day = f.day AND r.dec = f.dec AND r.moment = f.moment"
                        + " AND r.ns = f.ns AND r.raw = f.raw AND r.tags = '[\"a\"]'")
                .toString())
        .isEqualTo("[[100]]");
  }

  /** Files of many writers: as many rows as another reader finds, or one error, never a crash. */
  @Test
  void givenFilesOfTheParquetProject_rowCountsAreOnesOfAnotherReader() throws IOException {
    Path data = sharedData().resolve("parquet_testing");
    TreeSet<String> refused = new TreeSet<>();
    int compared = 0;
    for (String line : Files.readAllLines(data.resolve("shared_pyarrow_expected.jsonl"))) {
      JsonNode expected = new ObjectMapper().readTree(line);
      Path file = data.resolve(expected.get("file").asText());
      if (!Files.exists(file) || !expected.get("status").asText().equals("ok")) {
        continue;
      }
      List<SourceRow> rows = Rows.of(Rows.survey(file));
      boolean corrupt =
          rows.stream()
              .anyMatch(
                  row ->
                      row instanceof SourceRow.Broken broken
                          && broken.code() == ErrorCode.CORRUPT_INPUT);
      if (corrupt) {
        refused.add(expected.get("file").asText());
      } else {
        compared++;
        assertThat(rows).as(line).hasSize(expected.get("num_rows").asInt());
      }
    }
    // Its compression is the old LZ4, whose framing differs from writer to writer.
    assertThat(refused).containsExactly("data/non_hadoop_lz4_compressed.parquet");
    assertThat(compared).isGreaterThan(20);
  }

  private static Path sharedData() {
    Path folder = Path.of("").toAbsolutePath();
    while (folder != null && !Files.isDirectory(folder.resolve("shared/data"))) {
      folder = folder.getParent();
    }
    Assumptions.assumeTrue(folder != null, "the shared test data is not on this machine");
    return folder.resolve("shared/data");
  }

  private static void copy(String select, Path file, String options) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement()) {
      statement.execute(
          "COPY (" + select + ") TO '" + file + "' (FORMAT parquet, " + options + ")");
    }
  }
}
