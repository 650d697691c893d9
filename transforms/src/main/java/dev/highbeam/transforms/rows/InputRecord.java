// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.rows;

import java.util.Arrays;
import org.apache.beam.sdk.coders.DefaultCoder;
import org.jspecify.annotations.Nullable;

/**
 * One good row of the input: its key (source, position) and its columns in the compact form of
 * {@link Columns}. The bytes are owned by this value and must not be changed.
 */
@DefaultCoder(InputRecordCoder.class)
public final class InputRecord {

  private final String source;
  private final long position;
  private final byte[] columns;

  public InputRecord(String source, long position, byte[] columns) {
    this.source = source;
    this.position = position;
    this.columns = columns;
  }

  /** The file, relative to the input. */
  public String source() {
    return source;
  }

  /** Line or row in the source, from 1. */
  public long position() {
    return position;
  }

  public byte[] columns() {
    return columns;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof InputRecord that
        && source.equals(that.source)
        && position == that.position
        && Arrays.equals(columns, that.columns);
  }

  @Override
  public int hashCode() {
    return source.hashCode() * 31 + Long.hashCode(position);
  }

  @Override
  public String toString() {
    return source + ":" + position;
  }
}
