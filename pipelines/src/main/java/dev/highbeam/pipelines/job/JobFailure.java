// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.InvalidSettingException;
import dev.highbeam.transforms.shards.OutputException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a failed run means to the user. A runner wraps the cause in exceptions of its own; the
 * engine's exception, wherever it hides in the chain, decides the outcome and is the sentence.
 *
 * @param outcome how the job ended
 * @param sentence what to show
 */
record JobFailure(JobOutcome outcome, String sentence) {

  static JobFailure of(Throwable thrown) {
    Throwable deepest = thrown;
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Throwable t = thrown; t != null && seen.add(t); t = t.getCause()) {
      deepest = t;
      if (t instanceof EngineException engine) {
        return new JobFailure(outcomeOf(engine), message(engine));
      }
      if (t instanceof InvalidSettingException invalid) {
        return new JobFailure(JobOutcome.MISCONFIGURED, message(invalid));
      }
      if (t instanceof IllegalStateException && "Shutdown in progress".equals(t.getMessage())) {
        // The JDK's words to whoever registers a shutdown hook after a signal has come.
        return new JobFailure(JobOutcome.CANCELLED, "the job was stopped before its end");
      }
      if (t instanceof OutputException output) {
        return new JobFailure(
            JobOutcome.FAILED,
            message(output) + "; the same command goes on from here once that is mended");
      }
      if (t instanceof OutOfMemoryError) {
        return new JobFailure(
            JobOutcome.FAILED,
            "out of memory ("
                + t.getMessage()
                + "): give the JVM more with HIGHBEAM_JAVA_OPTS=-Xmx..., or lower --maxNumSeqs");
      }
    }
    return new JobFailure(
        JobOutcome.FAILED, deepest.getClass().getSimpleName() + ": " + message(deepest));
  }

  private static JobOutcome outcomeOf(EngineException e) {
    return switch (e.kind()) {
      case CONFIGURATION -> JobOutcome.MISCONFIGURED;
      case RETRYABLE -> JobOutcome.FAILED;
      case FATAL -> JobOutcome.FATAL_DEVICE;
    };
  }

  private static String message(Throwable t) {
    @Nullable String message = t.getMessage();
    return message == null ? t.getClass().getSimpleName() : message;
  }
}
