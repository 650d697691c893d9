// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.cuda.driver.CudaException;
import dev.highbeam.runtime.backend.cuda.driver.DevicesInUseException;
import dev.highbeam.runtime.backend.cuda.driver.DriverUnavailableException;
import dev.highbeam.runtime.backend.cuda.driver.StickyCudaException;

/** Turns failures of the driver into the engine's kinds of errors. */
final class DeviceFaults {

  private DeviceFaults() {}

  /**
   * Runs a part of a step.
   *
   * @throws EngineException fatal: what fails within a step has no second try in this process
   */
  static void inStep(Runnable part) {
    try {
      part.run();
    } catch (CudaException e) {
      throw EngineException.fatal(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Runs a part of the start.
   *
   * @throws EngineException configuration, if memory runs out; fatal, if the device is lost; else
   *     retryable
   */
  static void atStart(Runnable part) {
    try {
      part.run();
    } catch (DevicesInUseException e) {
      throw EngineException.deviceInUse(String.valueOf(e.getMessage()), e);
    } catch (DriverUnavailableException e) {
      throw EngineException.retryable(String.valueOf(e.getMessage()), e);
    } catch (StickyCudaException e) {
      throw EngineException.fatal(String.valueOf(e.getMessage()), e);
    } catch (CudaException e) {
      if (e.isOutOfMemory()) {
        throw EngineException.configuration(
            "the GPU's memory does not hold the model ("
                + e.getMessage()
                + "); lower gpu_memory_utilization, max_num_seqs or max_model_len, or set"
                + " gpu_layers",
            e);
      }
      throw EngineException.retryable(String.valueOf(e.getMessage()), e);
    }
  }
}
