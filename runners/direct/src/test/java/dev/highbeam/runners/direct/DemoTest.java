// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.pipelines.BeamStarter;
import dev.highbeam.pipelines.cli.Engines;
import dev.highbeam.pipelines.cli.Highbeam;
import dev.highbeam.pipelines.cli.Terminal;
import dev.highbeam.runtime.engine.ModelCheck;
import dev.highbeam.runtime.engine.SharedEngines;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The demo as a user runs it, on the committed model: what it promises, it shows. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class DemoTest {

  /** A line of the table of scores: what it scores, then the share of right labels in percent. */
  private static final Pattern LABELS =
      Pattern.compile("(?m)^(the model|keyword rule|always the commonest) +(\\d+\\.\\d)%.*$");

  @TempDir Path folder;

  @Test
  void givenCommittedModel_showsLabelsRightAndFarAboveTheBaselines() throws Exception {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Terminal terminal = Terminal.of(new PrintWriter(out), new PrintWriter(err), Map.of());
    Engines engines =
        new Engines(
            ModelCheck::check,
            new BeamStarter(DirectRunnerOptions::of, SharedEngines::acquire),
            Main::running);

    int code = new Highbeam(terminal, engines).run("demo", "--output=" + folder.resolve("demo"));

    assertThat(code).as(err.toString()).isZero();
    double model = labels(out.toString(), "the model");
    assertThat(model).isGreaterThanOrEqualTo(90);
    assertThat(model - labels(out.toString(), "keyword rule")).isGreaterThanOrEqualTo(20);
    assertThat(model - labels(out.toString(), "always the commonest")).isGreaterThanOrEqualTo(20);
    assertThat(folder.resolve("demo/_SUCCESS")).exists();
  }

  private static double labels(String text, String who) {
    Matcher matcher = LABELS.matcher(text);
    while (matcher.find()) {
      if (matcher.group(1).equals(who)) {
        return Double.parseDouble(matcher.group(2));
      }
    }
    throw new AssertionError("no line of '" + who + "' in:\n" + text);
  }
}
