// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/**
 * The special tokens that a model wants around a text.
 *
 * @param before token ids in front of the text
 * @param after token ids behind it
 */
@SuppressWarnings("ArrayRecordComponent") // Written once, never compared.
record Template(int[] before, int[] after) {
  static final Template NONE = new Template(new int[0], new int[0]);

  /** This template with another one around it. */
  Template inside(Template outer) {
    return new Template(concat(outer.before, before), concat(after, outer.after));
  }

  private static int[] concat(int[] first, int[] second) {
    IdList all = new IdList(first.length + second.length);
    all.addAll(first);
    all.addAll(second);
    return all.toArray();
  }
}
