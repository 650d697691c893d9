// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

/**
 * One cell of the table, which each engine fills.
 *
 * @param weights {@code bf16}, or {@code int8}, for which engines of GGUF files have Q8_0
 * @param batch sequences at once
 */
record Cell(String weights, int batch) {

  @Override
  public String toString() {
    return weights + ", batch " + batch;
  }
}
