// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/** Random texts of many scripts, blanks, marks and markers; equal seeds give equal texts. */
final class MixedScripts {
  /** Ranges of code points, each as likely as any other whatever its size. */
  private static final int[][] RANGES = {
    {'a', 'z'},
    {'a', 'z'},
    {'a', 'z'},
    {'A', 'Z'},
    {'0', '9'},
    {'0', '9'},
    {0x21, 0x7E},
    {0x00, 0x1F},
    {0x7F, 0xFF},
    {0x100, 0x24F},
    {0x2B0, 0x2FF},
    {0x300, 0x36F},
    {0x391, 0x3C9},
    {0x400, 0x45F},
    {0x5D0, 0x5EA},
    {0x620, 0x669},
    {0x6F0, 0x6F9},
    {0x900, 0x97F},
    {0xE01, 0xE5B},
    {0x10A0, 0x10FF},
    {0x1100, 0x11FF},
    {0x13A0, 0x13FD},
    {0x1C80, 0x1C88},
    {0x1E00, 0x1EFF},
    {0x1F00, 0x1FFE},
    {0x2000, 0x206F},
    {0x2070, 0x20BF},
    {0x2100, 0x218B},
    {0x2190, 0x22FF},
    {0x2460, 0x24FF},
    {0x2581, 0x2581},
    {0x3000, 0x303F},
    {0x3041, 0x30FF},
    {0x4E00, 0x4E40},
    {0x9FA0, 0x9FFC},
    {0xA640, 0xA69F},
    {0xAC00, 0xAC40},
    {0xE000, 0xE010},
    {0xFB00, 0xFB06},
    {0xFE00, 0xFE0F},
    {0xFF01, 0xFF5E},
    {0xFFF0, 0xFFFD},
    {0x10330, 0x1034A},
    {0x1D400, 0x1D7FF},
    {0x1F300, 0x1F64F},
    {0x1F1E6, 0x1F1FF},
    {0x20000, 0x20010},
    {0x31350, 0x31360},
    {0xE0000, 0xE007F},
    {0x10FFF0, 0x10FFFD},
  };

  private static final List<String> SNIPPETS =
      List.of(
          " ",
          " ",
          " ",
          "  ",
          "   ",
          "\n",
          "\r\n",
          "\n\n",
          "\t",
          " \n ",
          "\u00A0",
          "\u3000",
          "'s",
          "'S",
          "'ll",
          "'LL",
          "'re",
          "'Ve",
          "'m",
          "'t",
          "'d",
          "'x",
          "'",
          "'\u017F",
          "don't",
          "the",
          " the",
          " The",
          "Hello",
          " world",
          "camelCase",
          "HTTPServer",
          "123",
          "1234567",
          "...",
          "!!",
          " (",
          "/*",
          "//",
          "/\n",
          "a\u0301",
          "e\u0301\u0323",
          "\uD83D\uDC68\u200D\uD83D\uDC69",
          "<s>",
          "</s>",
          "<unk>",
          "<0x41>",
          "<|endoftext|>",
          "<|im_start|>",
          "<|im_end|>",
          "<think>",
          "<|im_",
          "\u2581",
          "\u2581\u2581",
          "\uFEFF",
          "\uFFFD",
          "\u0130",
          "\u03A3\u03C2",
          "$",
          "+=",
          "`");

  private final SplittableRandom random;

  MixedScripts(long seed) {
    random = new SplittableRandom(seed);
  }

  /** A text of up to so many parts; some are all of one kind, as real texts are. */
  String next(int maxParts) {
    int parts = random.nextInt(maxParts + 1);
    int home = random.nextInt(RANGES.length);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < parts; i++) {
      switch (random.nextInt(4)) {
        case 0 -> text.append(SNIPPETS.get(random.nextInt(SNIPPETS.size())));
        case 1 -> appendFrom(RANGES[home], text);
        case 2 -> appendFrom(RANGES[random.nextInt(6)], text);
        default -> appendFrom(RANGES[random.nextInt(RANGES.length)], text);
      }
    }
    return text.toString();
  }

  private void appendFrom(int[] range, StringBuilder text) {
    text.appendCodePoint(range[0] + random.nextInt(range[1] - range[0] + 1));
  }

  /** The text in ASCII, for messages. */
  static String shown(String text) {
    StringBuilder shown = new StringBuilder();
    text.chars()
        .forEach(
            c -> {
              if (c >= 0x20 && c < 0x7F) {
                shown.append((char) c);
              } else {
                shown.append(String.format(Locale.ROOT, "\\u%04X", c));
              }
            });
    return shown.toString();
  }
}
