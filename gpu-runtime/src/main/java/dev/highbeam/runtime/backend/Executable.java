// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

/**
 * A program with its memory on a device. Steps run in the order in which they are launched; at most
 * two may be in flight. Used by the engine's thread alone.
 */
public interface Executable extends AutoCloseable {

  /**
   * Starts a step. The batch must not change until the step was awaited.
   *
   * @throws dev.highbeam.runtime.api.EngineException fatal, if the device is lost
   */
  void launch(ForwardBatch batch);

  /**
   * Waits for the oldest step in flight and gives its output, valid until the next await.
   *
   * @throws dev.highbeam.runtime.api.EngineException fatal, if the device is lost
   */
  StepOutput await();

  /** The op that runs now or ran last, for the watchdog; may be called from any thread. */
  String currentOp();

  @Override
  void close();
}
