// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.cli;

import dev.highbeam.pipelines.job.ExitCode;
import dev.highbeam.pipelines.job.GenerateJob;
import dev.highbeam.pipelines.job.ProgramVersion;
import dev.highbeam.pipelines.options.JobSettings;
import dev.highbeam.pipelines.options.Suggestion;
import dev.highbeam.pipelines.options.UsageException;
import dev.highbeam.runtime.api.EngineSetting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The program: picks the command and returns the exit code. Every mistake of the user is one
 * sentence on stderr and exit code 2; nothing heavy is loaded before the command line is understood
 * and checked.
 */
public final class Highbeam {

  private static final Logger LOG = LoggerFactory.getLogger(Highbeam.class);
  private static final Duration GRACE = Duration.ofSeconds(20);

  private final Terminal terminal;
  private final Engines engines;
  private final Map<String, String> environment;
  private volatile boolean isStopping;
  private final AtomicReference<GenerateJob> running = new AtomicReference<>();

  /** The program in the environment of this process. */
  public Highbeam(Terminal terminal, Engines engines) {
    this(terminal, engines, System.getenv());
  }

  Highbeam(Terminal terminal, Engines engines, Map<String, String> environment) {
    this.terminal = terminal;
    this.engines = engines;
    this.environment = Map.copyOf(environment);
  }

  /** Runs the command and returns the exit code. */
  public int run(String... args) throws InterruptedException {
    try {
      return dispatch(args).number();
    } catch (UsageException e) {
      terminal.err().println("highbeam: " + e.getMessage());
      return ExitCode.USAGE.number();
    } catch (RuntimeException | Error e) {
      LOG.error("The program failed", e);
      terminal.err().println("highbeam: " + e);
      return ExitCode.FAILED.number();
    } finally {
      terminal.out().flush();
      terminal.err().flush();
    }
  }

  /** Whether a signal came: the JVM ends by itself then, with the signal's exit code. */
  public boolean isStopping() {
    return isStopping;
  }

  /** Stops a running job and waits until its record is written; called when a signal came. */
  public void stop() {
    isStopping = true;
    GenerateJob job = running.get();
    if (job == null) {
      return;
    }
    job.cancel();
    try {
      if (!job.awaitEnd(GRACE)) {
        terminal.err().println("highbeam: the job did not stop within " + GRACE.toSeconds() + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private ExitCode dispatch(String[] args) throws InterruptedException {
    CommandLine line = commandLine();
    ParseResult root = parse(line, args);
    if (root.isVersionHelpRequested()) {
      terminal.out().println("highbeam " + ProgramVersion.highbeam());
      return ExitCode.DONE;
    }
    if (!root.hasSubcommand()) {
      line.usage(terminal.out());
      return ExitCode.DONE;
    }
    ParseResult command = root.subcommand();
    if (command.isUsageHelpRequested()) {
      command.commandSpec().commandLine().usage(terminal.out());
      return ExitCode.DONE;
    }
    return switch (command.commandSpec().name()) {
      case "generate" -> generate(CommandArguments.settings(command));
      case "demo" ->
          new DemoCommand(terminal, settings -> runJob("demo", settings))
              .run(CommandArguments.settings(command));
      case "doctor" ->
          new Doctor(terminal.out(), engines.models(), engines.devices())
              .run(CommandArguments.settings(command));
      default -> throw new IllegalStateException("no such command");
    };
  }

  private ExitCode generate(JobSettings settings) throws InterruptedException {
    return runJob("generate", settings);
  }

  private ExitCode runJob(String command, JobSettings settings) throws InterruptedException {
    GenerateJob job =
        new GenerateJob(
            engines.around(command, terminal.err(), terminal.isErrTerminal()),
            Restart.settings(settings, environment, terminal.err()));
    running.set(job);
    try {
      return job.run();
    } finally {
      running.set(null);
    }
  }

  static CommandLine commandLine() {
    CommandSpec root =
        OptionSpecs.plain(
            "highbeam",
            "Runs language models over whole datasets. 'highbeam COMMAND --help' explains a"
                + " command.");
    root.addOption(
        OptionSpec.builder("-V", "--version")
            .versionHelp(true)
            .description("Shows the version.")
            .build());
    root.addSubcommand(
        "demo",
        OptionSpecs.withSettings(
            "demo", "Runs the demo model over the demo messages and reports how well it did."));
    root.addSubcommand(
        "generate", OptionSpecs.withSettings("generate", "Generates text for every record."));
    CommandSpec doctor =
        OptionSpecs.plain("doctor", "Looks at this machine and this build, and says what to do.");
    doctor.addOption(OptionSpecs.text("--model", "DIR", "Also checks this model."));
    for (EngineSetting setting :
        List.of(EngineSetting.CUDA_ARCH_LIST, EngineSetting.JIT, EngineSetting.KERNEL_CACHE_DIR)) {
      doctor.addOption(OptionSpecs.option(setting));
    }
    root.addSubcommand("doctor", doctor);
    CommandLine line = new CommandLine(root);
    line.setExpandAtFiles(false); // A prompt may well begin with an @.
    line.setInterpolateVariables(false);
    line.setOverwrittenOptionsAllowed(false);
    return line;
  }

  private static ParseResult parse(CommandLine line, String[] args) {
    try {
      return line.parseArgs(args);
    } catch (UnmatchedArgumentException e) {
      throw unknown(e);
    } catch (ParameterException e) {
      throw new UsageException(String.valueOf(e.getMessage()), e);
    }
  }

  private static UsageException unknown(UnmatchedArgumentException e) {
    CommandSpec spec = e.getCommandLine().getCommandSpec();
    String typed = e.getUnmatched().get(0).replaceFirst("=.*", "");
    boolean isCommandMissing = !spec.subcommands().isEmpty();
    List<String> known = new ArrayList<>(spec.subcommands().keySet());
    spec.options().forEach(option -> known.add(option.longestName()));
    if (typed.startsWith("-") || !isCommandMissing) {
      String where = isCommandMissing ? "" : " of " + spec.name();
      String what = typed.startsWith("-") ? "unknown option" + where + " '" : "unexpected '";
      return new UsageException(
          what
              + typed
              + "'"
              + Suggestion.after(typed, known)
              + (typed.startsWith("-") ? "" : "; options are written --name=value"));
    }
    return new UsageException(
        "unknown command '"
            + typed
            + "'"
            + Suggestion.after(typed, spec.subcommands().keySet())
            + "; the commands are "
            + String.join(", ", spec.subcommands().keySet()));
  }
}
