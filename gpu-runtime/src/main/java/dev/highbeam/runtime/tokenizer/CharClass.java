// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/**
 * The classes of characters that pre-tokenizers cut by, one bit each, after Unicode 16.
 *
 * <p>The Java runtime knows the Unicode of its own release; what came later is filled in by {@link
 * NewerCharacters}, so that a text has the same tokens on every Java from 17 on.
 */
final class CharClass {
  /** Lu and Lt. */
  static final int UPPER = 1;

  /** Ll. */
  static final int LOWER = 1 << 1;

  /** Lm and Lo: letters without case. */
  static final int CASELESS = 1 << 2;

  /** M*. */
  static final int MARK = 1 << 3;

  /** N*. */
  static final int NUMBER = 1 << 4;

  /** P*. */
  static final int PUNCTUATION = 1 << 5;

  /** S*. */
  static final int SYMBOL = 1 << 6;

  /** White_Space, the blanks of every pattern here. */
  static final int SPACE = 1 << 7;

  /** L*. */
  static final int LETTER = UPPER | LOWER | CASELESS;

  private static final byte[] CLASSES = classes();

  private CharClass() {}

  /** The bits of a code point; 0 for controls, unassigned code points and the like. */
  static int of(int codePoint) {
    return CLASSES[codePoint] & 0xFF;
  }

  static boolean is(int codePoint, int classes) {
    return (CLASSES[codePoint] & classes) != 0;
  }

  /** What {@code \w} means in Unicode: letters, marks, digits, connectors, joiners. */
  static boolean isWord(int codePoint) {
    return is(codePoint, LETTER | MARK)
        || Character.isAlphabetic(codePoint)
        || Character.getType(codePoint) == Character.DECIMAL_DIGIT_NUMBER
        || Character.getType(codePoint) == Character.CONNECTOR_PUNCTUATION
        || codePoint == 0x200C
        || codePoint == 0x200D;
  }

  private static byte[] classes() {
    byte[] classes = new byte[Character.MAX_CODE_POINT + 1];
    for (int codePoint = 0; codePoint < classes.length; codePoint++) {
      classes[codePoint] = (byte) ofJavaType(Character.getType(codePoint));
    }
    for (int control = '\t'; control <= '\r'; control++) {
      classes[control] = (byte) SPACE;
    }
    classes[0x85] = (byte) SPACE;
    NewerCharacters.fillIn(classes);
    return classes;
  }

  private static int ofJavaType(int type) {
    return switch (type) {
      case Character.UPPERCASE_LETTER, Character.TITLECASE_LETTER -> UPPER;
      case Character.LOWERCASE_LETTER -> LOWER;
      case Character.MODIFIER_LETTER, Character.OTHER_LETTER -> CASELESS;
      case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK ->
          MARK;
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
          NUMBER;
      case Character.CONNECTOR_PUNCTUATION,
          Character.DASH_PUNCTUATION,
          Character.START_PUNCTUATION,
          Character.END_PUNCTUATION,
          Character.INITIAL_QUOTE_PUNCTUATION,
          Character.FINAL_QUOTE_PUNCTUATION,
          Character.OTHER_PUNCTUATION ->
          PUNCTUATION;
      case Character.MATH_SYMBOL,
          Character.CURRENCY_SYMBOL,
          Character.MODIFIER_SYMBOL,
          Character.OTHER_SYMBOL ->
          SYMBOL;
      case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
          SPACE;
      default -> 0;
    };
  }
}
