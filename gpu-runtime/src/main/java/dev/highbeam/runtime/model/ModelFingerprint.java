// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The SHA-256 over everything in a model folder that can shape a result: config.json,
 * generation_config.json, the tokenizer's files, the chat template, and the files of weights. Of
 * each file that is there its name, its length and its bytes count, in a fixed order; the folder's
 * path, file times, links and all other files (README, licence, weights in other formats) do not.
 *
 * <p>The same weights cut into other shards have another fingerprint: the price of reading bytes
 * and not tensors.
 */
final class ModelFingerprint {

  /** Files that shape results, in the order in which they are hashed; weights come last. */
  private static final List<String> FILES =
      List.of(
          "config.json",
          "generation_config.json",
          "tokenizer.json",
          "tokenizer_config.json",
          "tokenizer.model",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt",
          "chat_template.json",
          "chat_template.jinja");

  private static final int BUFFER_BYTES = 1 << 20;

  private ModelFingerprint() {}

  /** The fingerprint as 64 hexadecimal digits; reads every byte of the weights. */
  static String of(Path folder, List<Path> weightFiles) {
    List<Path> files = new ArrayList<>();
    for (String name : FILES) {
      if (Files.exists(folder.resolve(name))) {
        files.add(folder.resolve(name));
      }
    }
    files.addAll(weightFiles);
    MessageDigest digest = sha256();
    for (Path file : files) {
      FileProblems.requireRegular(file);
      try {
        add(digest, file);
      } catch (IOException e) {
        throw FileProblems.asEngineException(file, e);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void add(MessageDigest digest, Path file) throws IOException {
    byte[] name = String.valueOf(file.getFileName()).getBytes(StandardCharsets.UTF_8);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      // Lengths before contents: no two different lists of files give the same bytes.
      long size = channel.size();
      digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, name.length));
      digest.update(name);
      digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, size));
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
      long count = 0;
      while (channel.read(buffer) >= 0) {
        buffer.flip();
        count += buffer.remaining();
        digest.update(buffer);
        buffer.clear();
      }
      if (count != size) {
        throw new IOException("its length changed while it was read");
      }
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
