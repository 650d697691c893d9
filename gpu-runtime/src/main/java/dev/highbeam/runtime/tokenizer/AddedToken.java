// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import java.util.Set;

/** A token that is found in a text before anything is cut: its id, its text and how it is found. */
record AddedToken(int id, String content, Set<Trait> traits) {
  enum Trait {
    /** Left out when decoding without special tokens. */
    SPECIAL,
    /** Only found where no word character touches it. */
    SINGLE_WORD,
    /** Takes the blanks in front of it. */
    LSTRIP,
    /** Takes the blanks behind it. */
    RSTRIP,
    /** Looked for in the normalized text, in its normalized form. */
    NORMALIZED
  }

  AddedToken {
    traits = Set.copyOf(traits);
  }

  boolean is(Trait trait) {
    return traits.contains(trait);
  }
}
