// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.highbeam.runtime.json.MalformedFileException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JSON header of a safetensors file: {@code {"name": {"dtype", "shape", "data_offsets"},
 * ..., "__metadata__": {...}}}. The text is streamed, not made into a tree, because a header may
 * have 100 MB. Single use, single thread.
 *
 * <p>What it accepts, it vouches for: names are unique, each tensor's length is that of its type
 * and shape, and the tensors cover the data without hole, overlap or rest.
 */
final class SafetensorsHeader {

  private static final int MAX_TENSORS = 1_000_000;
  private static final int MAX_NESTING = 8;
  private static final int MAX_SHOWN_CHARS = 200;

  private final String fileName;
  private final JsonParser parser;

  private SafetensorsHeader(String fileName, JsonParser parser) {
    this.fileName = fileName;
    this.parser = parser;
  }

  /** The tensors of a header, in the order of their data. */
  static List<TensorEntry> parse(String fileName, byte[] header, long dataBytes)
      throws MalformedFileException {
    if (header.length == 0 || header[0] != '{') {
      throw new MalformedFileException(fileName, "the header does not begin with {");
    }
    List<TensorEntry> entries;
    try (JsonParser parser = factory().createParser(utf8(header))) {
      entries = new SafetensorsHeader(fileName, parser).entries();
    } catch (JsonProcessingException e) {
      throw new MalformedFileException(fileName, "the header is broken: " + shown(e), e);
    } catch (MalformedFileException e) {
      throw e;
    } catch (IOException e) {
      throw new MalformedFileException(fileName, "the header is not UTF-8", e);
    }
    checkCoverage(fileName, entries, dataBytes);
    return entries;
  }

  private List<TensorEntry> entries() throws IOException {
    List<TensorEntry> entries = new ArrayList<>();
    expect(parser.nextToken(), JsonToken.START_OBJECT, "the header");
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals("__metadata__")) {
        expect(value, JsonToken.START_OBJECT, "__metadata__");
        parser.skipChildren();
        continue;
      }
      expect(value, JsonToken.START_OBJECT, "tensor " + FileProblems.quoted(name));
      entries.add(entry(name));
      if (entries.size() > MAX_TENSORS) {
        throw malformed("has more than " + MAX_TENSORS + " tensors");
      }
    }
    if (parser.nextToken() != null) {
      throw malformed("the header goes on after its last }");
    }
    return entries;
  }

  private TensorEntry entry(String name) throws IOException {
    String dtype = null;
    long[] shape = null;
    long[] offsets = null;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      JsonToken value = parser.nextToken();
      switch (field) {
        case "dtype" -> {
          expect(value, JsonToken.VALUE_STRING, "the dtype of " + FileProblems.quoted(name));
          dtype = parser.getText();
        }
        case "shape" -> shape = numbers(name);
        case "data_offsets" -> offsets = numbers(name);
        default -> parser.skipChildren();
      }
    }
    if (dtype == null || shape == null || offsets == null || offsets.length != 2) {
      throw malformed(
          "tensor " + FileProblems.quoted(name) + " lacks dtype, shape or two data_offsets");
    }
    TensorEntry entry = new TensorEntry(name, dtype, shape, offsets[0], offsets[1]);
    entry.check(fileName);
    return entry;
  }

  /** A list of whole numbers from 0 on; none in this format has more than a few. */
  private long[] numbers(String name) throws IOException {
    String what = "the shape or data_offsets of " + FileProblems.quoted(name);
    expect(parser.currentToken(), JsonToken.START_ARRAY, what);
    long[] numbers = new long[4];
    int count = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      expect(parser.currentToken(), JsonToken.VALUE_NUMBER_INT, what);
      if (count == numbers.length) {
        numbers = Arrays.copyOf(numbers, 2 * count);
      }
      numbers[count] = parser.getLongValue();
      if (numbers[count] < 0) {
        throw malformed(what + " must not be negative");
      }
      count++;
    }
    return Arrays.copyOf(numbers, count);
  }

  private void expect(@Nullable JsonToken found, JsonToken expected, String what)
      throws MalformedFileException {
    if (found != expected) {
      throw malformed(what + " is not " + article(expected));
    }
  }

  private MalformedFileException malformed(String problem) {
    return new MalformedFileException(fileName, problem);
  }

  /** Sorts the tensors and checks that each begins where the one before ends. */
  private static void checkCoverage(String fileName, List<TensorEntry> entries, long dataBytes)
      throws MalformedFileException {
    entries.sort(Comparator.comparingLong(TensorEntry::begin).thenComparingLong(TensorEntry::end));
    long covered = 0;
    for (TensorEntry entry : entries) {
      if (entry.begin() != covered) {
        throw entry.problem(
            fileName,
            (entry.begin() < covered ? "overlaps the one before it" : "leaves a hole before it")
                + " at byte "
                + entry.begin());
      }
      covered = entry.end();
    }
    if (covered != dataBytes) {
      throw new MalformedFileException(
          fileName,
          (covered > dataBytes ? "the file is cut short: " : "the file has bytes of no tensor: ")
              + "its tensors need "
              + covered
              + " bytes of data, "
              + dataBytes
              + " are there");
    }
  }

  /** The encoding is given: the parser would guess one from the first bytes. */
  private static Reader utf8(byte[] header) {
    return new InputStreamReader(
        new ByteArrayInputStream(header),
        StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT));
  }

  private static JsonFactory factory() {
    // Names are the file's: they do not enter the tables that all parsers share.
    return JsonFactory.builder()
        .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
        .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_NESTING).build())
        .build();
  }

  private static String article(JsonToken token) {
    return switch (token) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "a list";
      case VALUE_STRING -> "a text";
      default -> "a whole number";
    };
  }

  /** The parser's own words on one line and of bounded length: they may quote the file. */
  private static String shown(JsonProcessingException e) {
    String message = String.valueOf(e.getOriginalMessage()).replaceAll("[\\s\\p{Cntrl}]+", " ");
    return message.length() <= MAX_SHOWN_CHARS
        ? message
        : message.substring(0, MAX_SHOWN_CHARS) + "...";
  }
}
