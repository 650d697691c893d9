// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The content of a full page and of everything before it, as a SHA-256 chain: hash = SHA-256(hash
 * of the page before, token ids). Equal prompts give equal hashes in every process, so a run can be
 * repeated and checked.
 */
record PageHash(long a, long b, long c, long d) {

  private static final PageHash ROOT =
      ofDigest(newDigest().digest("highbeam-page-1".getBytes(StandardCharsets.US_ASCII)));

  /** The hashes of a prompt's full pages, in order. */
  static PageHash[] ofFullPages(int[] tokenIds, int pageSize) {
    PageHash[] hashes = new PageHash[tokenIds.length / pageSize];
    MessageDigest digest = newDigest();
    ByteBuffer content =
        ByteBuffer.allocate(32 + Integer.BYTES * pageSize).order(ByteOrder.LITTLE_ENDIAN);
    PageHash previous = ROOT;
    for (int page = 0; page < hashes.length; page++) {
      content.clear();
      content.putLong(previous.a).putLong(previous.b).putLong(previous.c).putLong(previous.d);
      for (int i = page * pageSize; i < (page + 1) * pageSize; i++) {
        content.putInt(tokenIds[i]);
      }
      previous = ofDigest(digest.digest(content.array()));
      hashes[page] = previous;
    }
    return hashes;
  }

  private static PageHash ofDigest(byte[] digest) {
    ByteBuffer buffer = ByteBuffer.wrap(digest).order(ByteOrder.LITTLE_ENDIAN);
    return new PageHash(buffer.getLong(), buffer.getLong(), buffer.getLong(), buffer.getLong());
  }

  private static MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
