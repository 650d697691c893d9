// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A run of bytes of an image, read little-endian. Every read is checked against the run's own end,
 * so no offset or length that a file states leads outside it; a failed check names the part that
 * was being read.
 */
final class ImageBytes {

  private final byte[] bytes;
  private final int begin;
  private final int length;

  private ImageBytes(byte[] bytes, int begin, int length) {
    this.bytes = bytes;
    this.begin = begin;
    this.length = length;
  }

  /** All of an array, which the caller must not change afterwards. */
  static ImageBytes of(byte[] bytes) {
    return new ImageBytes(bytes, 0, bytes.length);
  }

  int length() {
    return length;
  }

  int u8(long offset, String what) {
    return bytes[at(offset, 1, what)] & 0xff;
  }

  int u16(long offset, String what) {
    int at = at(offset, 2, what);
    return (bytes[at] & 0xff) | (bytes[at + 1] & 0xff) << 8;
  }

  long u32(long offset, String what) {
    at(offset, 4, what);
    return u16(offset, what) | (long) u16(offset + 2, what) << 16;
  }

  /** An unsigned 64-bit number; one beyond a long cannot be a size or place within any file. */
  long u64(long offset, String what) {
    at(offset, 8, what);
    long value = u32(offset, what) | u32(offset + 4, what) << 32;
    if (value < 0) {
      throw new MalformedImageException(what + " states a size beyond any file");
    }
    return value;
  }

  ImageBytes slice(long offset, long sliceLength, String what) {
    return new ImageBytes(bytes, at(offset, sliceLength, what), (int) sliceLength);
  }

  /** The Latin-1 text from an offset to the next NUL, which must come within so many bytes. */
  String text(long offset, int maxChars, String what) {
    int from = at(offset, 1, what);
    int end = (int) Math.min(begin + (long) length, from + 1L + maxChars);
    int to = from;
    while (to < end && bytes[to] != 0) {
      to++;
    }
    if (to == end) {
      throw new MalformedImageException(what + " has a text without an end");
    }
    return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
  }

  byte[] copy() {
    return Arrays.copyOfRange(bytes, begin, begin + length);
  }

  private int at(long offset, long count, String what) {
    if (offset < 0 || count < 0 || offset > length || count > length - offset) {
      throw new MalformedImageException(
          what + " lies outside its " + length + " bytes: offset " + offset + ", length " + count);
    }
    return begin + (int) offset;
  }
}
