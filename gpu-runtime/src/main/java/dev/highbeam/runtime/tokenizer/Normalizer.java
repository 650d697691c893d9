// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import java.text.Normalizer.Form;
import java.util.List;

/** Rewrites a text before it is cut into words. Stateless, for any thread. */
interface Normalizer {
  Normalizer NONE = text -> text;
  Normalizer NFC = unicodeForm(Form.NFC);

  String apply(String text);

  /** A normal form of Unicode; most texts have it already, which is quick to see. */
  static Normalizer unicodeForm(Form form) {
    return text ->
        java.text.Normalizer.isNormalized(text, form)
            ? text
            : java.text.Normalizer.normalize(text, form);
  }

  /** The steps one after the other; none at all leaves the text alone. */
  static Normalizer sequence(List<Normalizer> steps) {
    List<Normalizer> fixed = List.copyOf(steps);
    return text -> {
      String current = text;
      for (Normalizer step : fixed) {
        current = step.apply(current);
      }
      return current;
    };
  }
}
