// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/** Cuts every word at the matches of a pattern. */
final class SplitStep implements PreTokenizer {
  private final SplitPattern pattern;
  private final SplitBehavior behavior;

  SplitStep(SplitPattern pattern, SplitBehavior behavior) {
    this.pattern = pattern;
    this.behavior = behavior;
  }

  @Override
  public Words apply(Words words) {
    String text = words.text();
    Words out = new Words(text, words.place(), words.count() + text.length() / 5);
    for (int i = 0; i < words.count(); i++) {
      cut(text, words.start(i), words.end(i), out);
    }
    return out;
  }

  private void cut(String text, int start, int end, Words out) {
    Joiner joiner = new Joiner(out, behavior);
    int gapStart = start;
    int at = start;
    while (at < end) {
      int matchEnd = pattern.matchEnd(text, at, end);
      if (matchEnd == at) {
        at += Character.charCount(text.codePointAt(at));
        continue;
      }
      joiner.gap(gapStart, at);
      joiner.match(at, matchEnd);
      gapStart = matchEnd;
      at = matchEnd;
    }
    joiner.gap(gapStart, end);
    joiner.finish();
  }

  /** Takes gaps and matches in turn and joins them as the behavior says. */
  private static final class Joiner {
    private final Words out;
    private final SplitBehavior behavior;
    private int start;
    private int end;
    private boolean lastIsMatch;

    Joiner(Words out, SplitBehavior behavior) {
      this.out = out;
      this.behavior = behavior;
    }

    void gap(int from, int to) {
      if (from == to || behavior == SplitBehavior.ONLY_MATCHES) {
        return;
      }
      add(from, to, behavior == SplitBehavior.MERGED_WITH_NEXT && lastIsMatch);
      lastIsMatch = false;
    }

    void match(int from, int to) {
      switch (behavior) {
        case REMOVED -> {}
        case ONLY_MATCHES, ISOLATED, MERGED_WITH_NEXT -> add(from, to, false);
        case MERGED_WITH_PREVIOUS -> add(from, to, !lastIsMatch);
        case CONTIGUOUS -> add(from, to, lastIsMatch);
      }
      lastIsMatch = true;
    }

    void finish() {
      out.add(start, end);
    }

    private void add(int from, int to, boolean joinsLast) {
      if (joinsLast && start < end) {
        end = to;
        return;
      }
      out.add(start, end);
      start = from;
      end = to;
    }
  }
}
