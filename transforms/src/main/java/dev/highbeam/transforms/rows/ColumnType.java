// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.rows;

/**
 * What the values of one column are. The physical kind is the Java and Avro type that holds them.
 */
public enum ColumnType {
  BOOLEAN(Physical.BOOLEAN),
  INT(Physical.INT),
  LONG(Physical.LONG),
  FLOAT(Physical.FLOAT),
  DOUBLE(Physical.DOUBLE),
  TEXT(Physical.TEXT),
  BYTES(Physical.BYTES),
  /** Days since 1970-01-01. */
  DATE(Physical.INT),
  TIME_MILLIS(Physical.INT),
  TIME_MICROS(Physical.LONG),
  TIMESTAMP_MILLIS(Physical.LONG),
  TIMESTAMP_MICROS(Physical.LONG),
  TIMESTAMP_NANOS(Physical.LONG),
  LOCAL_TIMESTAMP_MILLIS(Physical.LONG),
  LOCAL_TIMESTAMP_MICROS(Physical.LONG),
  LOCAL_TIMESTAMP_NANOS(Physical.LONG),
  /** Unscaled value, big-endian two's complement; the column knows precision and scale. */
  DECIMAL(Physical.BYTES);

  /** How a value is held. */
  enum Physical {
    BOOLEAN(Boolean.class),
    INT(Integer.class),
    LONG(Long.class),
    FLOAT(Float.class),
    DOUBLE(Double.class),
    TEXT(String.class),
    BYTES(byte[].class);

    @SuppressWarnings("ImmutableEnumChecker") // A class object never changes.
    private final Class<?> javaType;

    Physical(Class<?> javaType) {
      this.javaType = javaType;
    }

    Class<?> javaType() {
      return javaType;
    }
  }

  private final Physical physical;

  ColumnType(Physical physical) {
    this.physical = physical;
  }

  Physical physical() {
    return physical;
  }

  boolean isPlainNumber() {
    return this == INT || this == LONG || this == FLOAT || this == DOUBLE;
  }
}
