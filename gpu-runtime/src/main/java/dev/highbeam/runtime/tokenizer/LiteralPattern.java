// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/** A text that stands for itself. */
record LiteralPattern(String literal) implements SplitPattern {
  @Override
  public int matchEnd(String text, int at, int end) {
    return at + literal.length() <= end && text.startsWith(literal, at)
        ? at + literal.length()
        : at;
  }
}
