// SPDX-License-Identifier: Apache-2.0
package example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Count;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.windowing.IntervalWindow;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.junit.jupiter.api.Test;

class TopicsPerDayTest {

  @Test
  void givenMessagesOfTwoDays_topicsAreCountedInTheirOwnDay() throws IOException {
    Pipeline pipeline = Pipeline.create();
    PCollection<KV<String, Long>> counts =
        pipeline
            .apply(Create.of(Files.readAllLines(Path.of("messages.tsv"))))
            .apply(new TopicsPerDay.Topics("../demo/model"))
            .apply(Count.perElement());

    expect(
        counts,
        "2026-03-02",
        Map.of("delivery", 2L, "billing", 1L, "praise", 1L, "account", 1L));
    expect(
        counts,
        "2026-03-03",
        Map.of("account", 1L, "returns", 1L, "product", 1L, "delivery", 1L, "billing", 1L));
    pipeline.run().waitUntilFinish();
  }

  private static void expect(
      PCollection<KV<String, Long>> counts, String date, Map<String, Long> expected) {
    Instant midnight = Instant.parse(date + "T00:00:00Z");
    PAssert.that("topics of " + date, counts)
        .inWindow(new IntervalWindow(midnight, Duration.standardDays(1)))
        .satisfies(
            found -> {
              Map<String, Long> actual = new HashMap<>();
              found.forEach(count -> actual.put(count.getKey(), count.getValue()));
              assertEquals(expected, actual);
              return null;
            });
  }
}
