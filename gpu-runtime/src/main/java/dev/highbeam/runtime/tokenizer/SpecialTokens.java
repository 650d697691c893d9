// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/** Whether special tokens (begin of text, end of turn, padding...) are part of a conversion. */
public enum SpecialTokens {
  /** Encoding adds what the model's template puts around a text; decoding shows special tokens. */
  INCLUDED,
  /** Encoding adds nothing around the text; decoding leaves special tokens out. */
  LEFT_OUT
}
