// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.highbeam.pipelines.demo.DemoFiles;
import dev.highbeam.pipelines.demo.DemoReport;
import dev.highbeam.pipelines.demo.DemoResults;
import dev.highbeam.pipelines.job.ExitCode;
import dev.highbeam.pipelines.job.OutputFolder;
import dev.highbeam.pipelines.options.ConfigFile;
import dev.highbeam.pipelines.options.JobSetting;
import dev.highbeam.pipelines.options.JobSettings;
import dev.highbeam.pipelines.options.UsageException;
import dev.highbeam.runtime.api.EngineSetting;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;

/**
 * The demo: the ordinary generate job over the demo's own model and messages, then a report. It
 * starts afresh in its own folder each time, so that a second run just works; options given on the
 * command line win over the demo's job.yaml.
 */
final class DemoCommand {

  /** Runs the generate job. */
  @FunctionalInterface
  interface Runner {
    ExitCode run(JobSettings settings) throws InterruptedException;
  }

  private static final String DEFAULT_OUTPUT = "highbeam-demo-out";
  private static final String FILES = "demo";

  private final Terminal terminal;
  private final Runner runner;

  DemoCommand(Terminal terminal, Runner runner) {
    this.terminal = terminal;
    this.runner = runner;
  }

  ExitCode run(JobSettings options) throws InterruptedException {
    OutputFolder output = new OutputFolder(outputOf(options));
    output.prepare();
    DemoFiles files = DemoFiles.unpack(output.path().resolve(FILES));
    JobSettings own =
        JobSettings.none()
            .with(JobSetting.INPUT, files.messages().toString())
            .with(EngineSetting.MODEL, files.model().toString());
    JobSettings settings =
        options
            .over(own.over(ConfigFile.read(files.config())))
            .with(JobSetting.OUTPUT, output.path().toString())
            .with(JobSetting.MODE, "fresh");
    long start = System.nanoTime();
    ExitCode code = runner.run(settings);
    if (code == ExitCode.DONE) {
      report(files, output, (System.nanoTime() - start) / 1e9);
    }
    return code;
  }

  private static Path outputOf(JobSettings options) {
    Object named = options.get(JobSetting.OUTPUT);
    return Path.of(named == null ? DEFAULT_OUTPUT : (String) named);
  }

  private void report(DemoFiles files, OutputFolder output, double seconds) {
    PrintWriter out = terminal.out();
    Path results = output.path().resolve(OutputFolder.RESULTS);
    try {
      DemoReport report =
          new DemoReport(
              DemoResults.read(results),
              JsonMapper.builder().build().readTree(files.keywords().toFile()),
              terminal.columns(),
              terminal.showsUnicode());
      out.println();
      report.sample().forEach(out::println);
      out.println();
      out.println("Right on messages that the model has never seen:");
      report.scores().forEach(out::println);
    } catch (IOException e) {
      throw new UsageException("cannot read the demo's results back: " + e.getMessage(), e);
    }
    out.println();
    out.println(String.format(java.util.Locale.ROOT, "%.1f s in all. The rows:", seconds));
    out.println("  " + results);
    out.println("Look at them, for example with DuckDB:");
    out.println(
        "  duckdb -c \"SELECT message, topic, urgency, generated_text FROM '"
            + results
            + "/*.parquet' LIMIT 8\"");
    out.println("The same job by hand:");
    out.println(
        "  ./highbeam generate --config="
            + files.config()
            + " --model="
            + files.model()
            + " --input="
            + files.messages()
            + " --output=out");
  }
}
