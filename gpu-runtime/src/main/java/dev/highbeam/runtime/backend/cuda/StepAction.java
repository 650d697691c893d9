// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.CudaStream;

/** Something that a step puts into its stream: a kernel, or the coming of streamed weights. */
interface StepAction {

  /** The name that the watchdog shows. */
  String label();

  /** Puts it into the stream for a step of these counts. */
  void enqueue(CudaStream stream, StepCounts counts);
}
