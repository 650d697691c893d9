// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The compute capability of a device: a pair of whole numbers, compared major first. Never a text
 * and never a decimal fraction, where 10.0 would come before 9.0 and 12.1 equal 12.10.
 */
public record Capability(int major, int minor) implements Comparable<Capability> {

  /** The oldest devices with a portable variant of every kernel. */
  public static final Capability FLOOR = new Capability(7, 5);

  private static final int MAX_MAJOR = 99;
  private static final int MAX_MINOR = 9;
  private static final Pattern DOTTED = Pattern.compile("(\\d{1,2})\\.(\\d)");

  public Capability {
    if (major < 0 || major > MAX_MAJOR || minor < 0 || minor > MAX_MINOR) {
      throw new IllegalArgumentException(
          "capability must be from 0.0 to "
              + MAX_MAJOR
              + "."
              + MAX_MINOR
              + ", was "
              + major
              + "."
              + minor);
    }
  }

  /** Reads the dotted form, such as {@code 9.0}. */
  public static Capability parse(String text) {
    Matcher matcher = DOTTED.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "a compute capability has the form 9.0, was '" + text + "'");
    }
    return new Capability(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }

  /** From the number that compilers and image files use: 90 is 9.0, 121 is 12.1. */
  static Capability ofNumber(int number) {
    return new Capability(number / 10, number % 10);
  }

  public boolean isAtLeast(Capability other) {
    return compareTo(other) >= 0;
  }

  /** The compiler's name for it, such as {@code sm_90}. */
  public String smName() {
    return "sm_" + major + minor;
  }

  @Override
  public int compareTo(Capability other) {
    int byMajor = Integer.compare(major, other.major);
    return byMajor != 0 ? byMajor : Integer.compare(minor, other.minor);
  }

  /** The form that people read, such as {@code 9.0}. */
  @Override
  public String toString() {
    return major + "." + minor;
  }
}
