// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.SamplingParams;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What a request asks, without its id: equal requests have equal fingerprints, and, unless they
 * name a seed, equal seeds in the same job. Pure functions.
 */
final class Fingerprint {

  private Fingerprint() {}

  /** SHA-256 of prompt and sampling parameters, hexadecimal. */
  static String of(String prompt, SamplingParams sampling) {
    MessageDigest digest = sha256();
    byte[] text = prompt.getBytes(StandardCharsets.UTF_8);
    // The length keeps apart a prompt that ends like parameters from the parameters.
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(text.length).flip());
    digest.update(text);
    digest.update(sampling.canonicalText().getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest.digest());
  }

  /** The seed of a request that names none: the first 64 bits of SHA-256(job seed, fingerprint). */
  static long seed(long jobSeed, String fingerprint) {
    MessageDigest digest = sha256();
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(jobSeed).flip());
    digest.update(fingerprint.getBytes(StandardCharsets.UTF_8));
    return ByteBuffer.wrap(digest.digest()).getLong();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
