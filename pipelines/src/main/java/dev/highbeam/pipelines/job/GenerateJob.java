// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import dev.highbeam.pipelines.options.JobSetting;
import dev.highbeam.pipelines.options.JobSettings;
import dev.highbeam.pipelines.options.UsageException;
import dev.highbeam.pipelines.progress.ProgressReporter;
import dev.highbeam.pipelines.progress.ProgressSample;
import dev.highbeam.pipelines.progress.ProgressStyle;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One generate job: checks, lock, rows, record. The rows run elsewhere ({@link JobStarter}); this
 * thread watches them, and stops them when {@link StopRules} say so or when {@link #cancel} is
 * called, which may happen on any thread. {@code _SUCCESS} is written last and only when all went
 * well.
 */
public final class GenerateJob {

  private static final Logger LOG = LoggerFactory.getLogger(GenerateJob.class);
  private static final Duration POLL = Duration.ofMillis(200);

  private static final JobFailure STOPPED =
      new JobFailure(JobOutcome.CANCELLED, "the job was stopped before its end");

  /** What a job needs from outside. */
  public record Surroundings(
      String command,
      Preflight preflight,
      JobStarter starter,
      Supplier<@Nullable EngineSnapshot> engine,
      PrintWriter err,
      boolean isTerminal) {}

  private final Surroundings around;
  private final JobSettings asked;
  private final Clock clock;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean isCancelled;
  private JobCounts counts = JobCounts.NONE;
  private @Nullable EngineSnapshot engine;

  public GenerateJob(Surroundings around, JobSettings settings) {
    this(around, settings, Clock.systemUTC());
  }

  GenerateJob(Surroundings around, JobSettings settings, Clock clock) {
    this.around = around;
    this.asked = settings;
    this.clock = clock;
  }

  /**
   * Runs the job to its end.
   *
   * @throws UsageException if something is wrong that can be seen before any work
   */
  public ExitCode run() throws InterruptedException {
    try {
      Preflight.Checked checked = around.preflight().check(asked);
      try (JobLock lock = JobLock.take(checked.folder())) {
        LOG.debug("holding {}", lock);
        around.err().println(ConfigBlock.of(around.command(), checked.settings()));
        around.err().flush();
        JobStarter.Prepared prepared = around.starter().prepare(checked.settings());
        if (!prepared.isResuming()) {
          checked.folder().clear(); // Only now: a mistake must not cost the earlier output.
        }
        return runLocked(checked, prepared);
      }
    } finally {
      ended.countDown();
    }
  }

  /** Stops the job soon; what it counted so far is still recorded. */
  public void cancel() {
    isCancelled = true;
  }

  /** Waits until the job's record is written; false if that takes longer than the timeout. */
  public boolean awaitEnd(Duration timeout) throws InterruptedException {
    return ended.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  private ExitCode runLocked(Preflight.Checked checked, JobStarter.Prepared prepared)
      throws InterruptedException {
    JobSettings settings = checked.settings();
    Instant started = Instant.now();
    long startNanos = System.nanoTime();
    JobFailure end;
    try {
      end = watch(settings, () -> prepared.start(checked.folder().path()));
    } catch (RuntimeException | Error e) {
      end = isCancelled ? STOPPED : failed(e); // What is stopped while it starts, fails to start.
    }
    Duration duration = Duration.ofNanos(System.nanoTime() - startNanos);
    JobRecord record =
        new JobRecord(
            around.command(),
            end.outcome(),
            end.outcome() == JobOutcome.DONE ? null : end.sentence(),
            started,
            duration,
            settings.effective(),
            counts,
            engine,
            MemoryUse.now());
    return finish(checked.folder(), record, end);
  }

  private JobFailure watch(JobSettings settings, Supplier<JobRun> start)
      throws InterruptedException {
    StopRules rules = StopRules.of(settings, clock.instant());
    ProgressStyle style = ProgressStyle.of(settings.text(JobSetting.PROGRESS), around.isTerminal());
    JobRun run;
    JobFailure stop = null;
    try (ProgressReporter progress =
        new ProgressReporter(style, around.err(), System::nanoTime).start()) {
      run = start.get();
      boolean isStopped = false;
      boolean isOver = false;
      while (!isOver) {
        isOver = run.await(POLL);
        look(run, progress);
        stop = stop == null ? rules.whileRunning(counts, clock.instant()) : stop;
        if ((isCancelled || stop != null) && !isStopped) {
          run.cancel();
          isStopped = true;
        }
      }
    }
    Throwable failure = run.failure();
    if (isCancelled) {
      return STOPPED;
    }
    stop = stop == null && failure == null ? rules.atEnd(counts) : stop;
    if (stop != null) {
      return stop;
    }
    if (failure != null) {
      return failed(failure);
    }
    if (counts.isTotalKnown() && counts.rowsDone() != counts.totalRows()) {
      // Every row ends exactly once; a job that cannot show it must not look complete.
      return new JobFailure(
          JobOutcome.FAILED,
          counts.rowsDone() + " rows ended, but the input has " + counts.totalRows());
    }
    return new JobFailure(JobOutcome.DONE, "done");
  }

  private void look(JobRun run, ProgressReporter progress) {
    counts = run.counts();
    // An engine may be gone a moment after the last row: the last sight of it counts.
    EngineSnapshot now = around.engine().get();
    engine = now == null ? engine : now;
    progress.update(new ProgressSample(counts, engine == null ? null : engine.stats()));
  }

  private static JobFailure failed(Throwable thrown) {
    JobFailure failure = JobFailure.of(thrown);
    if (failure.outcome() == JobOutcome.FAILED) {
      LOG.error("The job failed", thrown);
    }
    return failure;
  }

  private ExitCode finish(OutputFolder folder, JobRecord record, JobFailure end) {
    try {
      folder.write(OutputFolder.JOB_RECORD, record.toJson());
      if (end.outcome() == JobOutcome.DONE) {
        folder.write(OutputFolder.SUCCESS, "");
        if (!asked.isOn(JobSetting.KEEP_JOURNAL)) {
          folder.removeProgress();
        }
      }
    } catch (IOException e) {
      LOG.error("Cannot write the job's record", e);
      if (end.outcome() != JobOutcome.DONE) {
        around.err().println("highbeam: " + end.sentence());
      }
      around.err().println("highbeam: cannot write to " + folder.path() + ": " + e.getMessage());
      return ExitCode.FAILED;
    }
    around
        .err()
        .println(
            end.outcome() == JobOutcome.DONE
                ? EndText.of(record, folder)
                : "highbeam: " + end.sentence());
    around.err().flush();
    return end.outcome().exitCode();
  }
}
