// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.schemas;

/**
 * Why a record ended in errors: the values of the column {@code code}. The first eight are the
 * engine's, under the engine's own names; the others are found before a request reaches it. A name
 * once published keeps its meaning for ever.
 */
public enum ErrorCode {
  /** The prompt leaves no room for one token. */
  TOO_LONG,
  /** The prompt is empty or has no token. */
  EMPTY,
  /** The record is no request: broken JSON, no prompt, a value outside its range, too large. */
  BAD_REQUEST,
  /** The model produced NaN or infinite logits for this request. */
  NON_FINITE,
  /** The model gave every token the same logit, so there was nothing to choose by. */
  UNIFORM,
  /** The request was given up before it was done. */
  CANCELLED,
  /** The request was not done when its deadline came. */
  TIMEOUT,
  /** The request ended the process that computed it, each time that it was alone there. */
  POISON,
  /** The text is not UTF-8, or an escape in it names half a character. */
  BAD_ENCODING,
  /** The record asks for something that this engine does not do. */
  UNSUPPORTED_PARAMETER,
  /** The prompt's template cannot be filled from the record. */
  TEMPLATE,
  /** An earlier record of the batch has the same id. */
  DUPLICATE_ID,
  /** The file cannot be read from this position on. */
  CORRUPT_INPUT
}
