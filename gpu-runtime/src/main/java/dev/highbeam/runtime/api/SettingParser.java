// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Readers of raw values into the types that settings have. Zero, false and the empty string are
 * values like any other; only the absence of a value means unset.
 */
final class SettingParser {

  private SettingParser() {}

  static Object integer(String name, Object raw, int min, int max) {
    String allowed = "a whole number from " + min + " to " + max;
    long value = wholeNumber(name, raw, allowed);
    if (value < min || value > max) {
      throw new InvalidSettingException(name, raw, allowed);
    }
    return (int) value;
  }

  static Object longInteger(String name, Object raw) {
    return wholeNumber(name, raw, "a whole number of at most 64 bits");
  }

  static Object nonNegativeLong(String name, Object raw) {
    String allowed = "a whole number from 0 on, of at most 64 bits";
    long value = wholeNumber(name, raw, allowed);
    if (value < 0) {
      throw new InvalidSettingException(name, raw, allowed);
    }
    return value;
  }

  /** A finite number in [min, max], or in (min, max] if the lower end is open. */
  static Object number(String name, Object raw, double min, boolean minIsOpen, double max) {
    String range =
        "a finite number " + (minIsOpen ? "above " : "from ") + plain(min) + " to " + plain(max);
    double value;
    try {
      value = raw instanceof Number number ? number.doubleValue() : parseDouble(raw);
    } catch (NumberFormatException e) {
      throw new InvalidSettingException(name, raw, range);
    }
    boolean inside = minIsOpen ? value > min : value >= min;
    if (!Double.isFinite(value) || !inside || value > max) {
      throw new InvalidSettingException(name, raw, range);
    }
    return (float) value;
  }

  /** A length of time of at most thirty days; 0 stands for none. */
  static Object seconds(String name, Object raw) {
    return number(name, raw, 0, false, 30 * 24 * 3600);
  }

  static Object bool(String name, Object raw) {
    if (raw instanceof Boolean) {
      return raw;
    }
    if ("true".equals(raw) || "1".equals(raw)) {
      return true;
    }
    if ("false".equals(raw) || "0".equals(raw)) {
      return false;
    }
    throw new InvalidSettingException(name, raw, "true or false");
  }

  static Object text(String name, Object raw) {
    if (raw instanceof String) {
      return raw;
    }
    throw new InvalidSettingException(name, raw, "a text");
  }

  /** A text that is one of the given words. */
  static Object word(String name, Object raw, String... allowed) {
    for (String word : allowed) {
      if (word.equals(raw)) {
        return word;
      }
    }
    throw new InvalidSettingException(name, raw, "one of " + String.join(", ", allowed));
  }

  /** A backend's name, or cuda with the ordinal of a device. */
  static Object device(String name, Object raw) {
    boolean isOneGpu = raw instanceof String text && text.matches("cuda:(0|[1-9][0-9]{0,3})");
    if (isOneGpu || List.of("auto", "cuda", "cpu", "reference").contains(raw)) {
      return raw;
    }
    throw new InvalidSettingException(
        name, raw, "auto, cuda, cuda:N with N from 0 to 9999, cpu or reference");
  }

  /** One non-empty text or a list of them. */
  static Object texts(String name, Object raw, int maxCount) {
    List<?> items = raw instanceof List<?> list ? list : List.of(raw);
    String allowed = "a text or a list of at most " + maxCount + " non-empty texts";
    if (items.size() > maxCount) {
      throw new InvalidSettingException(name, raw, allowed);
    }
    List<String> result = new ArrayList<>();
    for (Object item : items) {
      if (!(item instanceof String text) || text.isEmpty()) {
        throw new InvalidSettingException(name, raw, allowed);
      }
      result.add(text);
    }
    return Collections.unmodifiableList(result);
  }

  /** A list of token ids; a single number or a comma-separated text counts as a list. */
  static Object tokenIds(String name, Object raw, int maxCount) {
    List<?> items;
    if (raw instanceof List<?> list) {
      items = list;
    } else if (raw instanceof String text) {
      items = text.isBlank() ? List.of() : List.of(text.trim().split("\\s*,\\s*", -1));
    } else {
      items = List.of(raw);
    }
    if (items.size() > maxCount) {
      throw new InvalidSettingException(name, raw, "a list of at most " + maxCount + " token ids");
    }
    List<Integer> result = new ArrayList<>();
    for (Object item : items) {
      result.add((Integer) integer(name, nonNull(name, item), 0, Integer.MAX_VALUE));
    }
    return Collections.unmodifiableList(result);
  }

  /** A map from token id to an additive bias of its logit. */
  static Object biases(String name, Object raw, int maxCount) {
    String allowed = "a map of at most " + maxCount + " token ids to numbers from -100 to 100";
    if (!(raw instanceof Map<?, ?> map) || map.size() > maxCount) {
      throw new InvalidSettingException(name, raw, allowed);
    }
    TreeMap<Integer, Float> result = new TreeMap<>();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      Object id = integer(name, nonNull(name, entry.getKey()), 0, Integer.MAX_VALUE);
      Object bias = number(name, nonNull(name, entry.getValue()), -100, false, 100);
      result.put((Integer) id, (Float) bias);
    }
    return Collections.unmodifiableMap(result);
  }

  private static long wholeNumber(String name, Object raw, String allowed) {
    if (raw instanceof Integer || raw instanceof Long || raw instanceof Short) {
      return ((Number) raw).longValue();
    }
    if (raw instanceof Double || raw instanceof Float) {
      double value = ((Number) raw).doubleValue();
      // Readers of JSON give 1.0 as a double; a whole value is accepted, a rounded one is not.
      if (value == Math.rint(value) && Math.abs(value) < (1L << 53)) {
        return (long) value;
      }
    }
    if (raw instanceof String text) {
      try {
        return Long.parseLong(text.trim());
      } catch (NumberFormatException e) {
        throw new InvalidSettingException(name, raw, allowed);
      }
    }
    throw new InvalidSettingException(name, raw, allowed);
  }

  private static double parseDouble(Object raw) {
    if (raw instanceof String text) {
      return Double.parseDouble(text.trim());
    }
    throw new NumberFormatException("not a number");
  }

  private static Object nonNull(String name, @org.jspecify.annotations.Nullable Object item) {
    if (item == null) {
      throw new InvalidSettingException(name, "null", "free of nulls");
    }
    return item;
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
