// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.arrange;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;

/**
 * What decides where a request goes: the hashes of its beginnings, then its fingerprint, then its
 * place in the input. In this order equal requests are neighbours, and so are requests that begin
 * alike. Immutable.
 */
public final class RequestKey implements Comparable<RequestKey> {

  /** Bytes of a key in a block. */
  static final int BYTES = PrefixHashes.LEVELS * Integer.BYTES + 3 * Long.BYTES;

  private static final int DIGITS = 2 * Long.BYTES;

  /** Equal requests compare as equal. */
  static final Comparator<RequestKey> CONTENT =
      ((Comparator<RequestKey>) RequestKey::comparePrefixes).thenComparing(RequestKey::compareText);

  /** Requests that begin alike are neighbours, and stay in the order of the input. */
  static final Comparator<RequestKey> BEGINNING =
      ((Comparator<RequestKey>) RequestKey::comparePrefixes).thenComparing(RequestKey::row);

  private static final Comparator<RequestKey> ORDER = CONTENT.thenComparing(RequestKey::row);

  private final int[] prefixes;
  private final long high;
  private final long low;
  private final RowRef row;

  private RequestKey(int[] prefixes, long high, long low, RowRef row) {
    this.prefixes = prefixes;
    this.high = high;
    this.low = low;
    this.row = row;
  }

  /**
   * The key of a request.
   *
   * @param fingerprint hexadecimal; its first 128 bits count, which no two requests share by chance
   */
  public static RequestKey of(int[] prefixes, String fingerprint, RowRef row) {
    long high = HexFormat.fromHexDigitsToLong(fingerprint, 0, DIGITS);
    long low = HexFormat.fromHexDigitsToLong(fingerprint, DIGITS, 2 * DIGITS);
    return new RequestKey(prefixes.clone(), high, low, row);
  }

  /** Keys one after the other, each of the same length. */
  public static byte[] encode(List<RequestKey> keys) {
    ByteBuffer block = ByteBuffer.allocate(keys.size() * BYTES);
    for (RequestKey key : keys) {
      for (int prefix : key.prefixes) {
        block.putInt(prefix);
      }
      block.putLong(key.high).putLong(key.low).putLong(key.row.packed());
    }
    return block.array();
  }

  /** Adds the keys of {@link #encode}. */
  public static void decode(byte[] block, List<RequestKey> keys) {
    ByteBuffer buffer = ByteBuffer.wrap(block);
    while (buffer.hasRemaining()) {
      int[] prefixes = new int[PrefixHashes.LEVELS];
      for (int level = 0; level < prefixes.length; level++) {
        prefixes[level] = buffer.getInt();
      }
      long high = buffer.getLong();
      long low = buffer.getLong();
      keys.add(new RequestKey(prefixes, high, low, RowRef.of(buffer.getLong())));
    }
  }

  public RowRef row() {
    return row;
  }

  int prefix(int level) {
    return prefixes[level];
  }

  /** Which of so many parts the fingerprint falls into. */
  public int part(int parts) {
    return (int) Long.remainderUnsigned(high, parts);
  }

  public boolean isSameRequest(RequestKey other) {
    return high == other.high && low == other.low;
  }

  /** The fingerprint's bits, to look a request up by. */
  public Content content() {
    return new Content(high, low);
  }

  /** A fingerprint's first 128 bits. */
  public record Content(long high, long low) {}

  @Override
  public int compareTo(RequestKey other) {
    return ORDER.compare(this, other);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RequestKey that && compareTo(that) == 0;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(high) * 31 + row.hashCode();
  }

  private int comparePrefixes(RequestKey other) {
    return Arrays.compare(prefixes, other.prefixes);
  }

  private int compareText(RequestKey other) {
    int order = Long.compareUnsigned(high, other.high);
    return order != 0 ? order : Long.compareUnsigned(low, other.low);
  }
}
