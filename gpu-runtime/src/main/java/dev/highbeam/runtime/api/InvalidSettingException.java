// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

/** A setting's value is of the wrong type or outside its range. */
public final class InvalidSettingException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;
  private static final int MAX_SHOWN_CHARS = 60;

  public InvalidSettingException(String name, Object value, String allowed) {
    super(name + " must be " + allowed + ", was " + shown(value));
  }

  private static String shown(Object value) {
    String text = value instanceof String ? "'" + value + "'" : String.valueOf(value);
    return text.length() <= MAX_SHOWN_CHARS ? text : text.substring(0, MAX_SHOWN_CHARS) + "...";
  }
}
