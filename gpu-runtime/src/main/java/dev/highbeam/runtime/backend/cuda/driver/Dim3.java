// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

/** The size of a grid (in blocks) or of a block (in threads) along three axes. */
public record Dim3(int x, int y, int z) {

  public static Dim3 of(int x) {
    return new Dim3(x, 1, 1);
  }

  public static Dim3 of(int x, int y) {
    return new Dim3(x, y, 1);
  }

  public static Dim3 of(int x, int y, int z) {
    return new Dim3(x, y, z);
  }

  /** How many blocks or threads in all. */
  public long count() {
    return (long) x * y * z;
  }

  boolean isWithin(Dim3 limits) {
    return isWithin(x, limits.x) && isWithin(y, limits.y) && isWithin(z, limits.z);
  }

  private static boolean isWithin(int value, int limit) {
    return value >= 1 && value <= limit;
  }

  @Override
  public String toString() {
    return "(" + x + ", " + y + ", " + z + ")";
  }
}
