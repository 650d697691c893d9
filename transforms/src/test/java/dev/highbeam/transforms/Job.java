// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.transforms.read.ReadRecords;
import dev.highbeam.transforms.read.Survey;
import dev.highbeam.transforms.rows.InputRecord;
import dev.highbeam.transforms.write.WriteFailures;
import dev.highbeam.transforms.write.WriteResults;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.WithFailures;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;

/** The whole way from files to files, as a pipeline of a user is wired. */
public final class Job {

  private Job() {}

  /** Runs a job over an input; results and errors lie under out. */
  public static Survey run(String input, Path out, String engine, int threads)
      throws IOException {
    Survey survey = Survey.of(List.of(input));
    Settings<SamplingSetting> sampling =
        Settings.none(SamplingSetting.class).with(SamplingSetting.MAX_TOKENS, 40);
    Pipeline pipeline = Pipelines.create(threads);
    wire(pipeline, survey, Prepare.columns(survey.columns()).withSampling(sampling), out, engine);
    pipeline.run().waitUntilFinish();
    return survey;
  }

  static void wire(Pipeline pipeline, Survey survey, Prepare prepare, Path out, String engine) {
    WithFailures.Result<PCollection<InputRecord>, GenericRecord> read =
        pipeline.apply("Read", ReadRecords.of(survey));
    WithFailures.Result<PCollection<InferenceRequest>, GenericRecord> prepared =
        read.output().apply("Prepare", prepare);
    Generate.Result generated =
        prepared
            .output()
            .apply(
                "Generate",
                Generate.with(FakeEngine.named(engine), FakeEngine.config())
                    .withColumns(survey.columns())
                    .withJobName(engine));
    PCollectionList.of(read.failures())
        .and(prepared.failures())
        .and(generated.getFailures())
        .apply("Failures", Flatten.pCollections())
        .apply("WriteFailures", WriteFailures.to(out.resolve("errors")));
    generated
        .getResults()
        .apply(
            "WriteResults",
            WriteResults.to(out.resolve("results"), survey.columns())
                .withLogprobsIn(Settings.none(SamplingSetting.class))
                .withMetadata(Map.of("highbeam.config", "max_tokens=40")));
  }

  /** The answer of DuckDB, row by row. */
  public static List<List<Object>> query(String sql) throws SQLException {
    List<List<Object>> rows = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      while (result.next()) {
        List<Object> row = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          row.add(result.getObject(i));
        }
        rows.add(row);
      }
    }
    return rows;
  }
}
