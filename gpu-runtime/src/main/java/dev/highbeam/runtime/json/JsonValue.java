// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One value of a JSON document together with its place in it, so that a reader asks for what it
 * needs in one line and a wrong file is answered with the place and what was found there.
 *
 * <p>Immutable. A JSON {@code null} counts as an absent member, as it does in every file of a model
 * folder.
 */
public final class JsonValue {
  private static final int MAX_SHOWN_CHARS = 60;

  private final String fileName;
  private final JsonNode node;
  private final @Nullable JsonValue parent;
  private final String step;

  JsonValue(String fileName, JsonNode root) {
    this(fileName, root, null, "");
  }

  private JsonValue(String fileName, JsonNode node, @Nullable JsonValue parent, String step) {
    this.fileName = fileName;
    this.node = node;
    this.parent = parent;
    this.step = step;
  }

  /** The file, as messages name it. */
  public String fileName() {
    return fileName;
  }

  /**
   * Whether this is an object, a list or a text; numbers and flags have no need of the question.
   */
  public boolean isObject() {
    return node.isObject();
  }

  /** Whether this is a list. */
  public boolean isList() {
    return node.isArray();
  }

  /** Whether this is a text. */
  public boolean isText() {
    return node.isTextual();
  }

  /** The member of that name, or nothing where it is absent or null. */
  public Optional<JsonValue> member(String key) throws MalformedFileException {
    if (!node.isObject()) {
      throw mustBe("an object");
    }
    JsonNode child = node.get(key);
    return child == null || child.isNull()
        ? Optional.empty()
        : Optional.of(new JsonValue(fileName, child, this, "." + key));
  }

  /** The member of that name, which must be there. */
  public JsonValue required(String key) throws MalformedFileException {
    Optional<JsonValue> child = member(key);
    if (child.isEmpty()) {
      throw malformed("has no member \"" + key + "\"");
    }
    return child.get();
  }

  /** Every member with its name, in the file's order. */
  public List<Map.Entry<String, JsonValue>> members() throws MalformedFileException {
    if (!node.isObject()) {
      throw mustBe("an object");
    }
    List<Map.Entry<String, JsonValue>> members = new ArrayList<>(node.size());
    for (Map.Entry<String, JsonNode> member : node.properties()) {
      String key = member.getKey();
      members.add(
          Map.entry(key, new JsonValue(fileName, member.getValue(), this, "[\"" + key + "\"]")));
    }
    return members;
  }

  /** Every element of a list. */
  public List<JsonValue> elements() throws MalformedFileException {
    if (!node.isArray()) {
      throw mustBe("a list");
    }
    List<JsonValue> elements = new ArrayList<>(node.size());
    for (int i = 0; i < node.size(); i++) {
      elements.add(new JsonValue(fileName, node.get(i), this, "[" + i + "]"));
    }
    return elements;
  }

  /** This value, which must be a text. */
  public String text() throws MalformedFileException {
    if (!node.isTextual()) {
      throw mustBe("a text");
    }
    return node.textValue();
  }

  /** This value, which must be a whole number within the bounds, both included. */
  public int integer(int min, int max) throws MalformedFileException {
    if (!node.isIntegralNumber()
        || !node.canConvertToInt()
        || node.intValue() < min
        || node.intValue() > max) {
      throw mustBe("a whole number from " + min + " to " + max);
    }
    return node.intValue();
  }

  /** This value, which must be a number. */
  public double number() throws MalformedFileException {
    if (!node.isNumber()) {
      throw mustBe("a number");
    }
    return node.doubleValue();
  }

  /** This value, which must be true or false. */
  public boolean flag() throws MalformedFileException {
    if (!node.isBoolean()) {
      throw mustBe("true or false");
    }
    return node.booleanValue();
  }

  /** The text member of that name, or the given one where it is absent. */
  public String textOr(String key, String absent) throws MalformedFileException {
    Optional<JsonValue> child = member(key);
    return child.isPresent() ? child.get().text() : absent;
  }

  /** The flag of that name, or the given one where it is absent. */
  public boolean flagOr(String key, boolean absent) throws MalformedFileException {
    Optional<JsonValue> child = member(key);
    return child.isPresent() ? child.get().flag() : absent;
  }

  /** The error for this place of the file, ready to be thrown. */
  public MalformedFileException malformed(String problem) {
    return new MalformedFileException(fileName, place() + " " + problem);
  }

  private MalformedFileException mustBe(String expected) {
    return malformed("must be " + expected + ", was " + shown());
  }

  private String place() {
    StringBuilder place = new StringBuilder();
    for (JsonValue value = this; value != null; value = value.parent) {
      place.insert(0, shortened(value.step));
    }
    if (place.length() == 0) {
      return "the document";
    }
    return place.charAt(0) == '.' ? place.substring(1) : place.toString();
  }

  private String shown() {
    if (node.isObject()) {
      return "an object";
    }
    return node.isArray() ? "a list" : shortened(node.toString());
  }

  private static String shortened(String text) {
    return text.length() <= MAX_SHOWN_CHARS ? text : text.substring(0, MAX_SHOWN_CHARS) + "...";
  }
}
