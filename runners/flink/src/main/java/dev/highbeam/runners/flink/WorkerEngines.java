// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.engine.EngineLease;
import dev.highbeam.runtime.engine.EngineProvider;
import dev.highbeam.runtime.engine.SharedEngines;
import java.util.Set;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.jspecify.annotations.Nullable;

/**
 * The engines of a TaskManager. Flink gives every job a class loader of its own and throws it away
 * with the job. An engine should outlive that: its classes lie in the cluster's lib folder, and all
 * slots and jobs of the process share it. Without that jar the engine comes from the job's, lives
 * as long as the job, and must not touch a GPU: native code belongs to one class loader, so that a
 * second job would fail or not, depending on when the first one's loader was collected.
 */
final class WorkerEngines {

  /** The devices that need no native code. */
  private static final Set<String> JAVA_ONLY = Set.of("cpu", "reference");

  static final String CURE =
      "put highbeam-engine.jar into the lib folder of Flink, add 'dev.highbeam.runtime.;jcuda.' to"
          + " classloader.parent-first-patterns.additional, and restart the TaskManagers; or say"
          + " --device=cpu";

  private WorkerEngines() {}

  /** What a pipeline carries to the workers; it is of this class, which they have. */
  static EngineProvider provider() {
    return WorkerEngines::acquire;
  }

  /** A lease, as {@link SharedEngines#acquire}; a failure that no retry can cure ends the job. */
  static EngineLease acquire(EngineConfig config) {
    SharedEngines.onFatal(WorkerExit.INSTANCE);
    // The threads of an engine inherit it, and would hold this job's classes as long as they live.
    Thread thread = Thread.currentThread();
    ClassLoader ofJob = thread.getContextClassLoader();
    thread.setContextClassLoader(SharedEngines.class.getClassLoader());
    try {
      if (isEngineOfThisJob()) {
        checkNoNatives(config);
        SharedEngines.endWithLeases();
      } else {
        checkVersions(versionOf(SharedEngines.class), versionOf(WorkerEngines.class));
      }
      return SharedEngines.acquire(config);
    } catch (EngineException e) {
      if (e.kind() == EngineException.Kind.CONFIGURATION) {
        throw new SuppressRestartsException(e);
      }
      throw e;
    } finally {
      thread.setContextClassLoader(ofJob);
    }
  }

  /** Whether the engine's classes came with the job, not with the process. */
  private static boolean isEngineOfThisJob() {
    ClassLoader engine = SharedEngines.class.getClassLoader();
    for (ClassLoader of = ClassLoader.getSystemClassLoader(); of != null; of = of.getParent()) {
      if (of == engine) {
        return false;
      }
    }
    return true;
  }

  private static @Nullable String versionOf(Class<?> of) {
    return of.getPackage().getImplementationVersion();
  }

  /** Refuses an engine jar that was not built with the job; without a jar there is no version. */
  static void checkVersions(@Nullable String engine, @Nullable String job) {
    if (engine != null && job != null && !engine.equals(job)) {
      throw EngineException.configuration(
          "the job is of version "
              + job
              + ", but highbeam-engine.jar in the lib folder of Flink is of version "
              + engine
              + ": put the job's own there and restart the TaskManagers");
    }
  }

  private static void checkNoNatives(EngineConfig config) {
    if (!JAVA_ONLY.contains(config.device())) {
      throw EngineException.configuration(
          "device="
              + config.device()
              + " needs native code, which a job's jar cannot bring to a process that runs other"
              + " jobs too: "
              + CURE);
    }
  }
}
