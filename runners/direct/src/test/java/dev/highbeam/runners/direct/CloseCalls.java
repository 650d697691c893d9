// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Whether two greedy jobs over the same records chose the same tokens. Two ways to compute a model
 * round differently, so where its two likeliest tokens are nearly equal either may be chosen, and
 * all that follows differs. Everything before that place must be equal.
 */
final class CloseCalls {

  private static final String FIRST_DIFFERENCES =
      """
      WITH pairs AS (
        SELECT r.source || ':' || r.position AS id, r.token_ids AS expected, o.token_ids AS actual,
            r.token_logprobs AS logprobs, r.top_logprobs AS top
        FROM '%1$s/results/*.parquet' r
        JOIN '%2$s/results/*.parquet' o USING (source, position, sample_index)),
      places AS (
        SELECT *, list_filter(range(1, len(expected) + 1),
            lambda i: expected[i] IS DISTINCT FROM actual[i])[1] AS place
        FROM pairs)
      SELECT id, len(expected) AS tokens, place, logprobs[place] AS best,
          list_filter(top[place], lambda t: t.token_id = actual[place])[1].logprob AS chosen
      FROM places ORDER BY id
      """;

  private CloseCalls() {}

  /** Counts of a comparison. */
  record Compared(int rows, int equalRows, int equalTokens) {}

  /**
   * Compares two outputs, made with outputTokenIds and logprobs.
   *
   * @param tolerance nats between the likeliest token and the chosen one where the choices part
   * @throws AssertionError if a choice differs that was not close
   */
  static Compared compare(Path expected, Path actual, double tolerance) throws SQLException {
    int rows = 0;
    int equalRows = 0;
    int equalTokens = 0;
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(FIRST_DIFFERENCES.formatted(expected, actual))) {
      while (result.next()) {
        rows++;
        int place = result.getInt("place");
        if (result.wasNull()) {
          equalRows++;
          equalTokens += result.getInt("tokens");
          continue;
        }
        equalTokens += place - 1;
        double gap = result.getDouble("best") - result.getDouble("chosen");
        assertThat(result.wasNull())
            .as("row %s: token %d is none of the likeliest", result.getString("id"), place)
            .isFalse();
        assertThat(gap)
            .as(
                "nats by which the choice differs in row %s, token %d",
                result.getString("id"), place)
            .isLessThan(tolerance);
      }
    }
    return new Compared(rows, equalRows, equalTokens);
  }
}
