// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import dev.highbeam.pipelines.job.JobCounts;
import dev.highbeam.pipelines.job.JobRun;
import dev.highbeam.transforms.JobProgress;
import dev.highbeam.transforms.read.Survey;
import dev.highbeam.transforms.rows.Columns;
import dev.highbeam.transforms.shards.Journal;
import dev.highbeam.transforms.shards.Manifest;
import dev.highbeam.transforms.shards.RowCounts;
import dev.highbeam.transforms.shards.Shard;
import dev.highbeam.transforms.shards.ShardCommit;
import dev.highbeam.transforms.shards.WorkList;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The job's pipelines, one after the other, seen as one run. What is done is asked of the files,
 * which are the same on every runner; while a pipeline runs, the workers of this process add what
 * they know.
 */
final class GenerateRun implements JobRun {

  private static final Logger LOG = LoggerFactory.getLogger(GenerateRun.class);
  private static final AtomicLong JOBS = new AtomicLong();

  /** A shard can be committed by two attempts in one moment and then be none; hardly ever twice. */
  private static final int MAX_ROUNDS = 3;

  /** For workers of this process to save what they have; less than what a signal leaves us. */
  private static final Duration SAVE_TIME = Duration.ofSeconds(10);

  private enum Phase {
    ARRANGE,
    INFER,
    FINISH,
    OVER
  }

  private final GeneratePipeline pipelines;
  private final BeamStarter.RunnerOptions runner;
  private final String job = "job-" + ProcessHandle.current().pid() + "-" + JOBS.incrementAndGet();
  private WorkList work;
  private volatile Phase phase;
  private volatile @Nullable PipelineResult running;
  private volatile boolean isCancelled;
  private volatile long cancelNanos;
  private @Nullable Throwable failure;
  private List<ShardCommit> commits = new ArrayList<>();

  /** What files said before the pipeline that runs now. */
  private RowCounts durable = RowCounts.NONE;

  /** Whether workers do what {@link #durable} does not have. */
  private boolean isLive;

  /** Follows the workers of other processes; null while there are none. */
  private @Nullable CommitWatch watch;

  /** What an earlier run had left, complete shards and journals. */
  private RowCounts recovered = RowCounts.NONE;

  private int rounds;

  /** A run that begins with the input. */
  GenerateRun(
      GeneratePipeline pipelines,
      BeamStarter.RunnerOptions runner,
      Survey survey,
      WorkList header) {
    this.pipelines = pipelines;
    this.runner = runner;
    this.work = header;
    this.phase = Phase.ARRANGE;
    this.isLive = true;
    Pipeline pipeline = Pipeline.create(runner.of(pipelines.settings()));
    int workers = runner.workers(pipelines.settings());
    pipelines.arrange(pipeline, survey, header, workers, progressName());
    running = runner.run(pipeline);
  }

  /** A run that goes on with a work list. */
  GenerateRun(GeneratePipeline pipelines, BeamStarter.RunnerOptions runner, WorkList work) {
    this.pipelines = pipelines;
    this.runner = runner;
    this.work = work;
    this.phase = Phase.INFER;
    try {
      List<Shard> missing = look();
      recovered = durable.plus(journaled(missing));
      inferOrFinish(missing);
    } catch (IOException e) {
      fail(e);
    }
  }

  @Override
  public boolean await(Duration timeout) throws InterruptedException {
    PipelineResult current = running;
    if (phase == Phase.OVER || current == null) {
      return isSaved(timeout);
    }
    PipelineResult.State state;
    try {
      state = current.waitUntilFinish(org.joda.time.Duration.millis(timeout.toMillis()));
      if (state != null && state.isTerminal()) {
        next(state);
      }
    } catch (IOException | RuntimeException | Error e) {
      fail(e); // The Direct runner throws here what a worker threw.
    }
    return phase == Phase.OVER && isSaved(Duration.ZERO);
  }

  /** Whether the workers of a job that was stopped have saved what they had, or take too long. */
  private boolean isSaved(Duration timeout) throws InterruptedException {
    return !isCancelled
        || JobProgress.of(progressName()).awaitSaved(timeout)
        || System.nanoTime() - cancelNanos > SAVE_TIME.toNanos();
  }

  @Override
  public JobCounts counts() {
    RowCounts ended = isLive ? durable.plus(live()) : durable;
    // While it runs, a journal may not be read yet that is known to be there.
    long computed = Math.max(0, ended.computedOutputTokens() - recovered.computedOutputTokens());
    return Counts.of(work.rows(), ended, Math.min(recovered.ended(), ended.ended()), computed);
  }

  @Override
  public @Nullable Throwable failure() {
    return failure;
  }

  @Override
  public void cancel() {
    cancelNanos = System.nanoTime();
    isCancelled = true;
    PipelineResult current = running;
    if (current != null) {
      try {
        current.cancel();
      } catch (IOException | RuntimeException e) {
        LOG.warn("The pipeline could not be stopped", e);
      }
    }
  }

  private void next(PipelineResult.State state) throws IOException {
    if (state != PipelineResult.State.DONE) {
      fail(new IllegalStateException("the runner ended the pipeline as " + state));
      return;
    }
    switch (phase) {
      case ARRANGE -> {
        work = WorkList.read(pipelines.folder());
        inferOrFinish(look());
      }
      case INFER -> inferOrFinish(look());
      case FINISH, OVER -> {
        phase = Phase.OVER;
        running = null;
      }
    }
  }

  /** What the pipeline that runs now has done, as far as its workers tell. */
  private RowCounts live() {
    if (watch != null) {
      return watch.counts();
    }
    JobProgress progress = JobProgress.of(progressName());
    return progress.recovered().plus(progress.computed());
  }

  /** What is durable of shards that are not complete. */
  private RowCounts journaled(List<Shard> missing) throws IOException {
    RowCounts counts = RowCounts.NONE;
    for (Shard shard : missing) {
      counts = counts.plus(new Journal(pipelines.folder().journal(shard.number())).counts());
    }
    return counts;
  }

  /** Counts what is durable; gives the shards that are not. */
  private List<Shard> look() throws IOException {
    List<Shard> missing = new ArrayList<>();
    commits = new ArrayList<>();
    RowCounts ended = RowCounts.ofErrors(work.errorsByCode());
    for (Shard shard : work.all()) {
      ShardCommit commit = ShardCommit.find(pipelines.folder(), shard);
      if (commit == null) {
        missing.add(shard);
      } else {
        commits.add(commit);
        ended = ended.plus(commit.counts());
      }
    }
    durable = ended;
    isLive = false;
    return missing;
  }

  private void inferOrFinish(List<Shard> missing) throws IOException {
    if (isCancelled) {
      fail(new IllegalStateException("the job was stopped"));
      return;
    }
    Columns columns = Columns.of(work.columns());
    Pipeline pipeline = Pipeline.create(runner.of(pipelines.settings()));
    if (missing.isEmpty()) {
      phase = Phase.FINISH;
      Manifest header =
          new Manifest(
              WorkList.VERSION,
              work.fingerprint(),
              work.inputs(),
              work.rows(),
              durable,
              List.of(),
              List.of());
      pipelines.finish(pipeline, columns, work, commits, header);
    } else {
      rounds++;
      if (rounds > MAX_ROUNDS) {
        throw new IOException(
            missing.size() + " shards are not whole after " + MAX_ROUNDS + " attempts");
      }
      phase = Phase.INFER;
      isLive = true;
      TreeSet<String> numericsIds = new TreeSet<>();
      commits.forEach(commit -> numericsIds.addAll(commit.numericsIds()));
      pipelines.infer(pipeline, columns, missing, numericsIds, progressName());
      if (!runner.isInProcess()) {
        watch = new CommitWatch(pipelines.folder(), missing, System::nanoTime);
      }
    }
    running = runner.run(pipeline);
  }

  private void fail(Throwable thrown) {
    failure = thrown;
    phase = Phase.OVER;
    running = null;
  }

  /** Each pipeline counts for itself, because a second look at the files counts its rows too. */
  private String progressName() {
    return job + "-" + rounds;
  }
}
