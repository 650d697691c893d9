// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import java.util.Locale;

/** Why the generation of one sample ended. */
public enum FinishReason {
  /** An end-of-sequence token, a stop token or a stop string was produced. */
  STOP,
  /** The sample reached max_tokens or the model's context length. */
  LENGTH,
  /** The sample repeated itself as repetition_detection says. */
  REPETITION,
  /** The caller gave the request up. */
  ABORT;

  /** The name that output columns carry, as in OpenAI's API: {@code stop}, {@code length}. */
  public String columnName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
