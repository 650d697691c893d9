// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

/**
 * A named activation [rows of the step, width] of a program. Backends give it memory for the most
 * rows a step can have; its contents last for one step.
 *
 * @param index place in the program's list of buffers
 * @param name for plans and messages
 * @param rows what its rows count
 * @param width elements per row
 * @param dtype element type; a backend that computes in f32 alone may keep f32
 */
public record Buffer(int index, String name, Rows rows, int width, DType dtype) {

  /** What the rows of a buffer stand for. */
  public enum Rows {
    /** One row per token of the step. */
    TOKENS,
    /** One row per logit row of the current head block. */
    LOGIT_ROWS
  }
}
