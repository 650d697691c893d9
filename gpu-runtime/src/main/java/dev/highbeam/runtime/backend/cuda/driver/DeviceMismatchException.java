// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

/**
 * Something of one context was about to be used in another. Thrown before the driver sees it: the
 * driver itself notices only some of these, and some only as an illegal address later on.
 */
public final class DeviceMismatchException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  private final String argument;

  private DeviceMismatchException(String argument, String message) {
    super(message);
    this.argument = argument;
  }

  /** Throws unless both contexts are the same one. */
  static void check(SharedContext expected, SharedContext actual, String argument, String what) {
    if (expected != actual) {
      String owner =
          expected.ordinal() == actual.ordinal()
              ? "another context of " + actual
              : actual.toString();
      throw new DeviceMismatchException(
          argument, argument + " belongs to " + owner + ", but " + what + " to " + expected);
    }
  }

  /** The name of the odd argument. */
  public String argument() {
    return argument;
  }
}
