// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * The form of a compiled image on disk, checked whole whenever it is read:
 *
 * <pre>
 * "HBKC" | int format | name of the file, 128 bytes, NUL-padded | long length | SHA-256 [32] | image
 * </pre>
 *
 * <p>The hash covers everything before and after it, so that no byte can change unnoticed; the name
 * inside tells a file that was copied over another.
 */
final class StoredImage {

  private static final byte[] MAGIC = "HBKC".getBytes(StandardCharsets.US_ASCII);
  private static final int NAME_BYTES = 128;
  private static final int HASH_AT = MAGIC.length + Integer.BYTES + NAME_BYTES + Long.BYTES;
  private static final int HEADER_BYTES = HASH_AT + Sha256.BYTES;

  private StoredImage() {}

  static byte[] encode(String fileName, byte[] image) {
    ByteBuffer file = ByteBuffer.allocate(HEADER_BYTES + image.length);
    file.put(MAGIC).putInt(KernelKey.FORMAT);
    file.put(Arrays.copyOf(fileName.getBytes(StandardCharsets.US_ASCII), NAME_BYTES));
    file.putLong(image.length).position(HEADER_BYTES);
    file.put(image);
    byte[] bytes = file.array();
    System.arraycopy(hash(bytes), 0, bytes, HASH_AT, Sha256.BYTES);
    return bytes;
  }

  /** The image of a sound file of that name, else empty. */
  static Optional<byte[]> decode(String fileName, byte[] file) {
    if (file.length < HEADER_BYTES) {
      return Optional.empty();
    }
    byte[] image = Arrays.copyOfRange(file, HEADER_BYTES, file.length);
    // What encode writes has no freedom left: equal bytes are the only sound ones.
    return Arrays.equals(file, encode(fileName, image)) ? Optional.of(image) : Optional.empty();
  }

  private static byte[] hash(byte[] file) {
    byte[] copy = file.clone();
    Arrays.fill(copy, HASH_AT, HEADER_BYTES, (byte) 0);
    return Sha256.digest(copy);
  }
}
