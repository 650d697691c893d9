// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import java.util.List;

/**
 * An engine with a model loaded, as {@link Worker} drives it. Prompts and decoding are two calls,
 * because few engines say what they spent on which: the second finds the keys and values of the
 * prompts in the engine's cache, so that it only decodes.
 */
public interface TestedEngine extends AutoCloseable {

  /** Tokens that the engine makes of a text. */
  int countTokens(String text) throws Exception;

  /** Computes all prompts at once, each up to its first new token. */
  void prefill(List<String> prompts) throws Exception;

  /**
   * Goes on after the prompts that {@link #prefill} was given last, all at once, by exactly so many
   * tokens each, whatever they are.
   *
   * @return the time in which all of them were decoding, and nothing else was done
   */
  DecodeSpan decode(List<String> prompts, int newTokens) throws Exception;

  @Override
  void close();

  /** Loads the model that a task names. */
  @FunctionalInterface
  interface Loader {
    TestedEngine load(WorkerTask task) throws Exception;
  }
}
