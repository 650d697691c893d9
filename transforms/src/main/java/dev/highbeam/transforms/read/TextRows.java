// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import dev.highbeam.schemas.ErrorCode;
import dev.highbeam.transforms.rows.BadRecordException;
import dev.highbeam.transforms.rows.JsonReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a text file: a JSON object per line. Lines of white space only are no rows but count as
 * lines; a byte order mark and the carriage return before a line feed are no content.
 */
final class TextRows implements RowReader {

  /** Longest line. */
  static final int MAX_LINE_BYTES = 16 << 20;

  /** How much of a line that is too long its error row shows. */
  private static final int SHOWN_BYTES = 4096;

  private final Opener opener;
  private final InputSplit split;
  private long position;
  private @Nullable LineReader lines;
  private boolean ended;

  TextRows(Opener opener, InputSplit split) {
    this.opener = opener;
    this.split = split;
    this.position = split.firstPosition();
  }

  /** Position of the line that {@link #next} looks at first. */
  long position() {
    return position;
  }

  /** Offset of that line in the decompressed file. */
  long offset() {
    return lines == null ? split.start() : lines.offset();
  }

  @Override
  public @Nullable SourceRow next() {
    if (ended) {
      return null;
    }
    try {
      LineReader reader = lines;
      if (reader == null) {
        reader = new LineReader(opener.open(), split.start(), MAX_LINE_BYTES);
        lines = reader;
      }
      while (reader.offset() < split.end() && reader.next()) {
        SourceRow row = row(reader, position++);
        if (row != null) {
          return row;
        }
      }
      ended = true;
      return null;
    } catch (IOException e) {
      ended = true;
      return new SourceRow.Broken(
          position,
          ErrorCode.CORRUPT_INPUT,
          "the file cannot be read from here on: " + e.getMessage(),
          "");
    }
  }

  @Override
  public void close() throws IOException {
    ended = true;
    if (lines != null) {
      lines.close();
    }
  }

  private static @Nullable SourceRow row(LineReader reader, long position) {
    byte[] bytes = reader.bytes();
    int end = reader.length();
    if (reader.isTooLong()) {
      return new SourceRow.Broken(
          position,
          ErrorCode.BAD_REQUEST,
          "a line must have at most " + MAX_LINE_BYTES + " bytes, has " + reader.fullLength(),
          new String(bytes, 0, SHOWN_BYTES, StandardCharsets.UTF_8));
    }
    if (end > 0 && bytes[end - 1] == '\r') {
      end--;
    }
    int start = position == 1 ? lengthOfByteOrderMark(bytes, end) : 0;
    if (isBlank(bytes, start, end)) {
      return null;
    }
    String text;
    try {
      text = Utf8.decode(bytes, start, end - start);
    } catch (CharacterCodingException e) {
      return new SourceRow.Broken(
          position,
          ErrorCode.BAD_ENCODING,
          "the line is not UTF-8",
          new String(bytes, start, end - start, StandardCharsets.UTF_8));
    }
    try {
      return new SourceRow.Good(position, JsonReader.readRow(text));
    } catch (BadRecordException e) {
      return new SourceRow.Broken(position, e.code(), e.sentence(), text);
    }
  }

  private static int lengthOfByteOrderMark(byte[] bytes, int end) {
    boolean mark =
        end >= 3 && bytes[0] == (byte) 0xEF && bytes[1] == (byte) 0xBB && bytes[2] == (byte) 0xBF;
    return mark ? 3 : 0;
  }

  private static boolean isBlank(byte[] bytes, int start, int end) {
    for (int i = start; i < end; i++) {
      byte b = bytes[i];
      if (b != ' ' && b != '\t' && b != '\r' && b != '\f' && b != 0x0B) {
        return false;
      }
    }
    return true;
  }

  /** Opens the stream at the split's first byte. */
  interface Opener {
    InputStream open() throws IOException;
  }
}
