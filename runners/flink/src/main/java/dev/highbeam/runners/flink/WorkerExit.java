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
 *
 * <p>The engine may outlive the job that brought this class, and its class loader. So everything
 * needed is loaded beforehand, and nothing that goes wrong may keep the process alive.
 */
final class WorkerExit implements Consumer<EngineException> {

  private static final Logger LOG = LoggerFactory.getLogger(WorkerExit.class);
  private static final int CODE = ExitCode.FATAL_DEVICE.number();

  static final WorkerExit INSTANCE = new WorkerExit();

  private WorkerExit() {}

  @Override
  public void accept(EngineException failure) {
    try {
      LOG.error("This TaskManager ends with code {}: {}", CODE, failure.getMessage(), failure);
    } finally {
      Runtime.getRuntime().halt(CODE);
    }
  }
}
