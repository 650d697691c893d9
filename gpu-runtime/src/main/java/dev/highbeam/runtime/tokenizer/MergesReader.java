// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import dev.highbeam.runtime.json.JsonValue;
import dev.highbeam.runtime.json.MalformedFileException;
import java.util.List;
import java.util.Map;

/**
 * Reads merges in each of their spellings: {@code "a b"} or {@code ["a", "b"]} in a tokenizer.json,
 * lines of {@code a b} in a merges.txt. Both pieces and what they join to must be in the
 * vocabulary.
 */
final class MergesReader {
  private static final int MAX_MERGES = 1 << 22;
  private static final int MAX_SHOWN_CHARS = 60;

  private final String fileName;
  private final Map<String, Integer> vocabulary;
  private final MergeTable table;
  private int count;

  private MergesReader(String fileName, Map<String, Integer> vocabulary, int expectedCount)
      throws MalformedFileException {
    if (expectedCount > MAX_MERGES) {
      throw new MalformedFileException(
          fileName, "has " + expectedCount + " merges, at most " + MAX_MERGES + " are accepted");
    }
    this.fileName = fileName;
    this.vocabulary = vocabulary;
    this.table = new MergeTable(expectedCount);
  }

  /** Reads the list {@code model.merges}. */
  static MergeTable readJson(JsonValue json, Map<String, Integer> vocabulary)
      throws MalformedFileException {
    List<JsonValue> elements = json.elements();
    MergesReader reader = new MergesReader(json.fileName(), vocabulary, elements.size());
    for (JsonValue element : elements) {
      if (element.isText()) {
        reader.addLine(element.text());
        continue;
      }
      List<JsonValue> pair = element.elements();
      if (pair.size() != 2) {
        throw element.malformed("must hold two pieces, has " + pair.size());
      }
      reader.add(pair.get(0).text(), pair.get(1).text());
    }
    return reader.table;
  }

  /** Reads the lines of a merges.txt, with Unix or Windows line ends. */
  static MergeTable readLines(String fileName, List<String> lines, Map<String, Integer> vocabulary)
      throws MalformedFileException {
    MergesReader reader = new MergesReader(fileName, vocabulary, lines.size());
    for (String line : lines) {
      if (!line.isEmpty()) {
        reader.addLine(line);
      }
    }
    return reader.table;
  }

  private void addLine(String line) throws MalformedFileException {
    if (line.startsWith("#version")) {
      return;
    }
    int blank = line.indexOf(' ');
    if (blank < 0 || line.indexOf(' ', blank + 1) >= 0) {
      throw malformed("\"" + shown(line) + "\" is not two pieces with one blank between them");
    }
    add(line.substring(0, blank), line.substring(blank + 1));
  }

  private void add(String left, String right) throws MalformedFileException {
    int leftId = idOf(left, left, right);
    int rightId = idOf(right, left, right);
    table.put(leftId, rightId, count, idOf(left + right, left, right));
    count++;
  }

  private int idOf(String piece, String left, String right) throws MalformedFileException {
    Integer id = vocabulary.get(piece);
    if (id == null) {
      throw malformed(
          "of \""
              + shown(left)
              + "\" and \""
              + shown(right)
              + "\" needs the piece \""
              + shown(piece)
              + "\", which is not in the vocabulary");
    }
    return id;
  }

  /** Merges are counted from 1, as the tools that people compare with do. */
  private MalformedFileException malformed(String problem) {
    return new MalformedFileException(fileName, "merge " + (count + 1) + " " + problem);
  }

  private static String shown(String text) {
    return text.length() <= MAX_SHOWN_CHARS ? text : text.substring(0, MAX_SHOWN_CHARS) + "...";
  }
}
