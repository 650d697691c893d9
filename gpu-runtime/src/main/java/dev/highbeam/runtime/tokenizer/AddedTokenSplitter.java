// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import dev.highbeam.runtime.tokenizer.AddedToken.Trait;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Finds added tokens in a text: of those that begin first the longest, then on behind it.
 * Immutable, for any thread.
 */
final class AddedTokenSplitter {
  private final Node root = new Node();
  private final BitSet firstChars = new BitSet();

  /**
   * @param tokens what to look for; of two with the same form the first wins
   * @param form how a token's text looks in the texts that are searched
   */
  AddedTokenSplitter(List<AddedToken> tokens, UnaryOperator<String> form) {
    for (AddedToken token : tokens) {
      String content = form.apply(token.content());
      if (!content.isEmpty()) {
        enter(token, content);
      }
    }
  }

  /**
   * A part of a text: a token, or what stands between tokens.
   *
   * @param token the token found, or null for plain text
   */
  record Part(int start, int end, @Nullable AddedToken token) {}

  /** The text as tokens and the plain text between them, in order. Plain parts are never empty. */
  List<Part> split(String text) {
    List<Part> parts = new ArrayList<>();
    int plainStart = 0;
    int blanksEnd = 0;
    int at = firstChars.isEmpty() ? text.length() : 0;
    while (at < text.length()) {
      Node match = firstChars.get(text.charAt(at)) ? longestMatch(text, at) : null;
      if (match == null) {
        at++;
        continue;
      }
      AddedToken token = match.token();
      int matchEnd = at + match.depth;
      if (!token.is(Trait.SINGLE_WORD) || standsAlone(text, at, matchEnd)) {
        int start = token.is(Trait.LSTRIP) ? blanksStart(text, at, plainStart) : at;
        int end = matchEnd;
        if (token.is(Trait.RSTRIP)) {
          // Up to blanksEnd all is blank: a long run is walked once, however many tokens are in it.
          blanksEnd = Runs.end(text, Math.max(matchEnd, blanksEnd), text.length(), CharClass.SPACE);
          end = blanksEnd;
        }
        if (plainStart < start) {
          parts.add(new Part(plainStart, start, null));
        }
        // A token of blanks may lie wholly among the blanks that the one before it took.
        if (start < end) {
          parts.add(new Part(start, end, token));
        }
        plainStart = end;
      }
      // The search goes on behind the match, not behind its blanks: a token of blanks may follow.
      at = matchEnd;
    }
    if (plainStart < text.length()) {
      parts.add(new Part(plainStart, text.length(), null));
    }
    return parts;
  }

  private void enter(AddedToken token, String content) {
    firstChars.set(content.charAt(0));
    Node node = root;
    for (int i = 0; i < content.length(); i++) {
      int depth = i + 1;
      node = node.children.computeIfAbsent(content.charAt(i), c -> new Node(depth));
    }
    if (node.token == null) {
      node.token = token;
    }
  }

  private @Nullable Node longestMatch(String text, int at) {
    Node longest = null;
    Node node = root;
    for (int i = at; i < text.length(); i++) {
      node = node.children.get(text.charAt(i));
      if (node == null) {
        break;
      }
      longest = node.token == null ? longest : node;
    }
    return longest;
  }

  private static boolean standsAlone(String text, int start, int end) {
    return (start == 0 || !CharClass.isWord(text.codePointBefore(start)))
        && (end == text.length() || !CharClass.isWord(text.codePointAt(end)));
  }

  private static int blanksStart(String text, int at, int lowest) {
    int start = Math.max(at, lowest);
    while (start > lowest && CharClass.is(text.charAt(start - 1), CharClass.SPACE)) {
      start--;
    }
    return start;
  }

  private static final class Node {
    final Map<Character, Node> children = new HashMap<>(2);
    final int depth;
    @Nullable AddedToken token;

    Node() {
      this(0);
    }

    Node(int depth) {
      this.depth = depth;
    }

    AddedToken token() {
      if (token == null) {
        throw new IllegalStateException("no token ends at depth " + depth);
      }
      return token;
    }
  }
}
