// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

/**
 * An immutable ask: complete these prompt tokens with these parameters. The id is the caller's and
 * need not be unique; it never influences the result.
 */
public final class Request {

  private final String id;
  private final int[] promptTokenIds;
  private final SamplingParams sampling;
  private final long seed;

  private Request(String id, int[] promptTokenIds, SamplingParams sampling, long seed) {
    this.id = id;
    this.promptTokenIds = promptTokenIds;
    this.sampling = sampling;
    this.seed = seed;
  }

  /**
   * A request whose draws use the seed of its parameters.
   *
   * @throws IllegalArgumentException if the parameters have no seed: an engine never invents one
   */
  public static Request of(String id, int[] promptTokenIds, SamplingParams sampling) {
    Checks.checkArgument(
        sampling.seed().isPresent(), "request %s has no seed; resolve it before submitting", id);
    return new Request(id, promptTokenIds.clone(), sampling, sampling.seed().getAsLong());
  }

  public String id() {
    return id;
  }

  public int promptTokenCount() {
    return promptTokenIds.length;
  }

  /** A copy of the prompt's token ids. */
  public int[] promptTokenIds() {
    return promptTokenIds.clone();
  }

  public SamplingParams sampling() {
    return sampling;
  }

  public long seed() {
    return seed;
  }
}
