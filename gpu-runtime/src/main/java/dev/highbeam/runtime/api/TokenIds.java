// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** An immutable list of token ids without a box per token. */
public final class TokenIds {

  private final int[] ids;

  private TokenIds(int[] ids) {
    this.ids = ids;
  }

  public static TokenIds of(int... ids) {
    return new TokenIds(ids.clone());
  }

  /** The first count ids of an array. */
  public static TokenIds copyOf(int[] ids, int count) {
    return new TokenIds(Arrays.copyOf(ids, count));
  }

  public int count() {
    return ids.length;
  }

  public int get(int i) {
    return ids[i];
  }

  /** A copy as an array. */
  public int[] toArray() {
    return ids.clone();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TokenIds that && Arrays.equals(ids, that.ids);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ids);
  }

  @Override
  public String toString() {
    return Arrays.toString(ids);
  }
}
