// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

/**
 * Why the engine refuses one request. The record's error row carries the constant's name; readers
 * add codes of their own (see the codes of {@code schemas/README.md}).
 */
public enum RejectionCode {
  /** The prompt leaves no room for one token. */
  TOO_LONG,
  /** The prompt has no token. */
  EMPTY,
  /** A parameter of the request is outside its range, or a token id outside the vocabulary. */
  BAD_REQUEST,
  /** The model produced NaN or infinite logits for this request. */
  NON_FINITE,
  /** The model gave every token the same logit: it says nothing about this request. */
  UNIFORM,
  /** The caller, or the end of the job, gave the request up. */
  CANCELLED,
  /** The request was not done when its deadline came. */
  TIMEOUT,
  /** The request ended the process that computed it, each time that it was alone there. */
  POISON
}
