// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.rows;

import java.io.Serializable;

/**
 * One column of the input.
 *
 * @param name as it stands in the input, any text
 * @param precision digits of a DECIMAL, else 0
 * @param scale of them behind the point
 */
public record Column(String name, ColumnType type, int precision, int scale)
    implements Serializable {

  public static Column of(String name, ColumnType type) {
    return new Column(name, type, 0, 0);
  }

  public static Column decimal(String name, int precision, int scale) {
    return new Column(name, ColumnType.DECIMAL, precision, scale);
  }

  /**
   * The narrowest column that holds what both hold: numbers widen to long and double, everything
   * else to text.
   */
  public Column widenedTo(Column other) {
    if (equals(other)) {
      return this;
    }
    if (!type.isPlainNumber() || !other.type.isPlainNumber()) {
      return of(name, ColumnType.TEXT);
    }
    boolean whole = isWhole() && other.isWhole();
    return of(name, whole ? ColumnType.LONG : ColumnType.DOUBLE);
  }

  private boolean isWhole() {
    return type == ColumnType.INT || type == ColumnType.LONG;
  }
}
