// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import java.util.Locale;

/** Checks of caller's arguments whose messages give name, value and allowed range. */
public final class Checks {

  private Checks() {}

  /** Throws IllegalArgumentException with the formatted message unless the condition holds. */
  public static void checkArgument(boolean condition, String format, Object... args) {
    if (!condition) {
      throw new IllegalArgumentException(String.format(Locale.ROOT, format, args));
    }
  }

  /** Throws IllegalStateException with the formatted message unless the condition holds. */
  public static void checkState(boolean condition, String format, Object... args) {
    if (!condition) {
      throw new IllegalStateException(String.format(Locale.ROOT, format, args));
    }
  }
}
