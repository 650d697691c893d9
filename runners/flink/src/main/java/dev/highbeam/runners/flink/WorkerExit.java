// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import dev.highbeam.pipelines.job.ExitCode;
import dev.highbeam.runtime.api.EngineException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a TaskManager whose device is lost: no later call in this process can succeed, and whoever
 * supervises TaskManagers starts a new one. It is halted, not exited, because shutdown hooks and
 * native libraries may wait for the device for ever.
 */
final class WorkerExit implements Consumer<EngineException> {

  static final WorkerExit INSTANCE = new WorkerExit();

  private static final Logger LOG = LoggerFactory.getLogger(WorkerExit.class);

  private WorkerExit() {}

  @Override
  public void accept(EngineException failure) {
    LOG.error(
        "This TaskManager ends with code {}: {}",
        ExitCode.FATAL_DEVICE.number(),
        failure.getMessage(),
        failure);
    Runtime.getRuntime().halt(ExitCode.FATAL_DEVICE.number());
  }
}
