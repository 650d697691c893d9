// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.rows;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.highbeam.schemas.ErrorCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON strictly (RFC 8259), within limits. Of equal keys the last one wins, as in Python and
 * JavaScript. Half a character in an escape is BAD_ENCODING, a number that no double can hold
 * BAD_REQUEST. Stateless.
 */
public final class JsonReader {

  /** Objects and arrays inside each other, the row itself included. */
  public static final int MAX_DEPTH = 64;

  private static final int MAX_NUMBER_CHARS = 1000;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNumberLength(MAX_NUMBER_CHARS)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  private JsonReader() {}

  /**
   * One row: the members of an object, as null, Boolean, Long, Double, String, or {@link JsonText}
   * for objects, arrays and whole numbers beyond 64 bits.
   */
  public static Map<String, @Nullable Object> readRow(String line) throws BadRecordException {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    parse(
        line,
        parser -> {
          if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw new BadRecordException(ErrorCode.BAD_REQUEST, "the row is no JSON object");
          }
          while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = checked(parser.currentName());
            parser.nextToken();
            values.put(name, member(parser, line));
          }
          return null;
        });
    return values;
  }

  /** Any JSON value as null, Boolean, Long, Double, String, List, Map, or JsonText for the rest. */
  public static @Nullable Object readValue(String json) throws BadRecordException {
    return parse(
        json,
        parser -> {
          parser.nextToken();
          return tree(parser);
        });
  }

  private static <T> @Nullable T parse(String text, Body<T> body) throws BadRecordException {
    try (JsonParser parser = FACTORY.createParser(text.toCharArray())) {
      @Nullable T result = body.read(parser);
      if (parser.nextToken() != null) {
        throw new BadRecordException(
            ErrorCode.BAD_REQUEST, "the row goes on after its JSON object");
      }
      return result;
    } catch (StreamConstraintsException e) {
      throw new BadRecordException(
          ErrorCode.BAD_REQUEST,
          "the row is beyond the limits of "
              + MAX_DEPTH
              + " levels or "
              + MAX_NUMBER_CHARS
              + " digits");
    } catch (JsonProcessingException e) {
      throw new BadRecordException(
          ErrorCode.BAD_REQUEST,
          "the row is no JSON at character "
              + e.getLocation().getColumnNr()
              + ": "
              + e.getOriginalMessage());
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory failed", e);
    }
  }

  private static @Nullable Object member(JsonParser parser, String line)
      throws IOException, BadRecordException {
    if (!parser.currentToken().isStructStart()) {
      return scalar(parser);
    }
    int start = Math.toIntExact(parser.currentTokenLocation().getCharOffset());
    for (int depth = 1; depth > 0; ) {
      JsonToken token = parser.nextToken();
      if (token.isStructStart()) {
        depth++;
      } else if (token.isStructEnd()) {
        depth--;
      } else if (token == JsonToken.FIELD_NAME) {
        checked(parser.currentName());
      } else {
        scalar(parser);
      }
    }
    int end = Math.toIntExact(parser.currentLocation().getCharOffset());
    return new JsonText(line.substring(start, end));
  }

  private static @Nullable Object tree(JsonParser parser) throws IOException, BadRecordException {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.START_ARRAY) {
      List<@Nullable Object> items = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        items.add(tree(parser));
      }
      return items;
    }
    if (token == JsonToken.START_OBJECT) {
      Map<String, @Nullable Object> members = new LinkedHashMap<>();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        members.put(name, tree(parser));
      }
      return members;
    }
    return token == null ? null : scalar(parser);
  }

  private static @Nullable Object scalar(JsonParser parser) throws IOException, BadRecordException {
    return switch (parser.currentToken()) {
      case VALUE_STRING -> checked(parser.getText());
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NUMBER_FLOAT -> finite(parser);
      case VALUE_NUMBER_INT -> whole(parser);
      default -> null;
    };
  }

  private static Object whole(JsonParser parser) throws IOException, BadRecordException {
    if (parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
      return parser.getLongValue();
    }
    finite(parser);
    return new JsonText(parser.getText());
  }

  private static Object finite(JsonParser parser) throws IOException, BadRecordException {
    double value = Double.parseDouble(parser.getText());
    if (Double.isInfinite(value)) {
      throw new BadRecordException(
          ErrorCode.BAD_REQUEST, "the number " + shown(parser.getText()) + " is too large");
    }
    return value;
  }

  private static String checked(String text) throws BadRecordException {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!pair) {
          throw new BadRecordException(
              ErrorCode.BAD_ENCODING,
              "an escape gives half a character (a lone surrogate, U+"
                  + Integer.toHexString(c)
                  + ")");
        }
        i++;
      }
    }
    return text;
  }

  private static String shown(String number) {
    return number.length() <= 40 ? number : number.substring(0, 40) + "...";
  }

  private interface Body<T> {
    @Nullable T read(JsonParser parser) throws IOException, BadRecordException;
  }
}
