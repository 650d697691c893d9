// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

/** An op of a program, bound to its memory. Run by the engine's thread, which shares it out. */
interface BoundOp {

  /** The op's label, for the watchdog. */
  String label();

  /** Computes all rows of the current step or head block. */
  void run(StepState step);
}
