// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/**
 * Detokenises one continuation token by token and never gives half a character: bytes that may
 * still become one are held back. All that it gives, the flush included, is the text of the tokens,
 * however they were portioned. Used by one thread.
 */
public interface StreamDecoder {

  /** Takes the next token and appends the characters that it completed to the text. */
  void append(int tokenId, StringBuilder text);

  /** Appends what is left at the end of the tokens, broken bytes as U+FFFD. */
  void flush(StringBuilder text);
}
