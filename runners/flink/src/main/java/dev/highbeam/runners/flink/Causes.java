// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import dev.highbeam.runtime.api.EngineException;
import org.apache.flink.runtime.jobmaster.JobResult;
import org.apache.flink.util.SerializedThrowable;

/** Why a job failed, out of the layers of text that Flink wraps around exceptions on their way. */
final class Causes {

  private static final int MAX_DEPTH = 50;

  private Causes() {}

  /** The failure of a job; the engine's own exception if that is what ended it. */
  static RuntimeException unwrapped(JobResult result) {
    Throwable cause =
        result
            .getSerializedThrowable()
            .<Throwable>map(Causes::opened)
            .orElseGet(() -> new IllegalStateException("the cluster gave no reason"));
    Throwable at = cause;
    for (int i = 0; i < MAX_DEPTH && at != null; i++) {
      if (at instanceof EngineException engine) {
        return engine;
      }
      Throwable next = at.getCause();
      at = next instanceof SerializedThrowable serialized ? opened(serialized) : next;
    }
    return new IllegalStateException(text(cause), cause);
  }

  private static Throwable opened(SerializedThrowable serialized) {
    return serialized.deserializeError(Causes.class.getClassLoader());
  }

  private static String text(Throwable cause) {
    Throwable deepest = cause;
    while (deepest.getCause() != null && deepest.getCause() != deepest) {
      deepest = deepest.getCause();
    }
    return String.valueOf(deepest.getMessage());
  }
}
