// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** What a job wrote, read by somebody else's reader. */
final class OutputRows {

  private OutputRows() {}

  /** Every column that may not depend on how a row was computed, one text per row, in order. */
  static List<String> results(Path output) throws SQLException {
    return query(
        "SELECT CAST(r AS VARCHAR) FROM (SELECT * EXCLUDE (attempt, num_cached_tokens) FROM '"
            + output
            + "/results/*.parquet') r ORDER BY source, position, sample_index");
  }

  /** Code and id of each row in errors, in the order of the input. */
  static List<String> errors(Path output) throws SQLException {
    return query(
        "SELECT code || ' ' || custom_id FROM '"
            + output
            + "/errors/*.parquet' ORDER BY source, position");
  }

  static List<String> query(String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      while (result.next()) {
        rows.add(result.getString(1));
      }
    }
    return rows;
  }

  /** The job's record. */
  static JsonNode record(Path output) throws IOException {
    return new ObjectMapper().readTree(output.resolve("job.json").toFile());
  }
}
