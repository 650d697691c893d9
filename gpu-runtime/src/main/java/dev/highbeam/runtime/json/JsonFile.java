// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads a JSON document that nobody vouches for. The size is checked before the file is read, then
 * nesting ({@value #MAX_NESTING} levels), duplicate keys and trailing content are refused.
 *
 * <p>Called while a model folder is opened, from any thread; the class holds no state.
 */
public final class JsonFile {
  /** Deeper than any real model file, and shallow enough for every recursive reader. */
  private static final int MAX_NESTING = 64;

  private static final int MAX_QUOTED_CHARS = 200;

  /** Where the parser's messages begin to speak of its own settings and not of the file. */
  private static final List<String> PARSER_AFFAIRS =
      List.of(" for `ObjectNode`", " (for ", " (start marker at", " found after value");

  private JsonFile() {}

  /**
   * Reads and parses a file.
   *
   * @param maxBytes the largest file to accept, in bytes
   * @throws MalformedFileException if it is larger, or is not one well-formed JSON document
   * @throws IOException if it cannot be read
   */
  public static JsonValue read(Path path, long maxBytes) throws IOException {
    String name = path.toString();
    checkSize(name, Files.size(path), maxBytes);
    byte[] bytes;
    try (InputStream in = Files.newInputStream(path)) {
      // One byte more than allowed, so that a file that grows while it is read is noticed.
      bytes = in.readNBytes(Math.toIntExact(maxBytes + 1));
    }
    return parse(name, bytes, maxBytes);
  }

  /**
   * Parses bytes that were read elsewhere (a header inside another file, a configuration).
   *
   * @param name what to call the document in messages
   */
  public static JsonValue parse(String name, byte[] bytes, long maxBytes)
      throws MalformedFileException {
    checkSize(name, bytes.length, maxBytes);
    JsonNode root;
    try {
      root = mapper().readTree(bytes);
    } catch (StreamConstraintsException e) {
      throw new MalformedFileException(name, "breaks a limit: " + quote(e), e);
    } catch (JsonProcessingException e) {
      throw new MalformedFileException(name, "is not valid JSON" + where(e) + ": " + quote(e), e);
    } catch (IOException e) {
      throw new MalformedFileException(name, "is not valid JSON: its text is not UTF-8", e);
    }
    if (root.isMissingNode()) {
      throw new MalformedFileException(name, "is empty where a JSON document must be");
    }
    return new JsonValue(name, root);
  }

  private static void checkSize(String name, long sizeBytes, long maxBytes)
      throws MalformedFileException {
    if (sizeBytes > maxBytes) {
      throw new MalformedFileException(
          name, "has " + sizeBytes + " bytes, at most " + maxBytes + " are accepted");
    }
  }

  /** A mapper is cheap beside a model's files, and not sharing one needs no rule about threads. */
  private static JsonMapper mapper() {
    StreamReadConstraints constraints =
        StreamReadConstraints.builder().maxNestingDepth(MAX_NESTING).build();
    return JsonMapper.builder(JsonFactory.builder().streamReadConstraints(constraints).build())
        .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .build();
  }

  private static String where(JsonProcessingException e) {
    JsonLocation location = e.getLocation();
    return location == null
        ? ""
        : " (line " + location.getLineNr() + ", column " + location.getColumnNr() + ")";
  }

  /** The parser's own words, on one line and of bounded length, since they may quote the file. */
  private static String quote(JsonProcessingException e) {
    String message = String.valueOf(e.getOriginalMessage()).replaceAll("\\s+", " ");
    for (String ownAffair : PARSER_AFFAIRS) {
      int start = message.indexOf(ownAffair);
      message = start < 0 ? message : message.substring(0, start);
    }
    return message.length() <= MAX_QUOTED_CHARS
        ? message
        : message.substring(0, MAX_QUOTED_CHARS) + "...";
  }
}
