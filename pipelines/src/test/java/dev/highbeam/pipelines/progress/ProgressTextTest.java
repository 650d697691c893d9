// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.progress;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.highbeam.pipelines.job.JobCounts;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ProgressTextTest {

  private static final ProgressView LATE =
      new ProgressView(
          723,
          1040,
          570,
          61_200,
          new ProgressSample(
              new JobCounts(1_000_000, 412_388, 412_388, 0, 0, Map.of("EMPTY", 12L)),
              ProgressFixtures.engine(5, 9, 256, 87)));

  @Test
  void givenRunningJob_writesTheGoldenLine() {
    assertThat(ProgressText.line(LATE))
        .isEqualTo(
            "rows 41% 412k/1.0M [12:03<17:20, 570 row/s] | out 61.2k tok/s | run 256 | KV 87% |"
                + " errors 12");
  }

  @Test
  void givenNothingKnown_promisesNothing() {
    assertThat(ProgressText.line(new ProgressView(4, -1, 0, 0, ProgressSample.NONE)))
        .isEqualTo("rows 0 [0:04, 0 row/s] | no engine yet | errors 0");
  }

  @Test
  void givenTotalButNoRate_showsAQuestionMark() {
    ProgressSample sample = new ProgressSample(ProgressFixtures.counts(432, 0, 0, 0), null);
    assertThat(ProgressText.line(new ProgressView(4, -1, 0, 0, sample)))
        .isEqualTo("rows 0% 0/432 [0:04<?, 0 row/s] | no engine yet | errors 0");
  }

  @Test
  void givenRunningJob_writesTheGoldenJson() throws Exception {
    String json = ProgressText.json(LATE);
    assertThat(json)
        .isEqualTo(
            "{\"elapsed_s\":723.0,\"remaining_s\":1040.0,\"rows_total\":1000000,"
                + "\"rows_done\":412400,\"results\":412388,\"errors\":12,\"rows_per_s\":570.00,"
                + "\"output_tokens\":9,\"output_tokens_per_s\":61200.0,\"running\":256,"
                + "\"kv_use\":0.870}");
    String early = ProgressText.json(new ProgressView(4, -1, 0, 0, ProgressSample.NONE));
    assertThat(new ObjectMapper().readTree(early).get("rows_total").isNull()).isTrue();
    assertThat(new ObjectMapper().readTree(early).get("remaining_s").isNull()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "0,0",
    "0.25,0.3",
    "7,7",
    "9.5,9.5",
    "10.5,11",
    "999,999",
    "999.6,1.0k",
    "1000,1.0k",
    "61200,61.2k",
    "99960,100k",
    "412388,412k",
    "999600,1.0M",
    "1000000,1.0M",
    "2500000000,2.5G"
  })
  void givenCount_keepsThreeDigits(double value, String text) {
    assertThat(ProgressText.count(value)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "0,0:00",
    "59.6,1:00",
    "723,12:03",
    "3600,1:00:00",
    "3723,1:02:03",
    "360000,100:00:00"
  })
  void givenSeconds_writesAClock(double seconds, String text) {
    assertThat(ProgressText.clock(seconds)).isEqualTo(text);
  }
}
