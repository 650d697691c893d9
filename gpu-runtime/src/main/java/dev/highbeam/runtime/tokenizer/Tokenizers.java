// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import dev.highbeam.runtime.json.MalformedFileException;
import java.io.IOException;
import java.nio.file.Path;

/** Opens the tokenizer of a model folder. */
public final class Tokenizers {
  private Tokenizers() {}

  /**
   * Reads tokenizer.json, or else vocab.json with merges.txt. Nothing in the folder is executed,
   * and what is not known is refused instead of guessed at.
   *
   * @throws MalformedFileException if a file is broken or asks for what is not supported; the
   *     message is one sentence that names the file and the place
   * @throws IOException if a file cannot be read
   */
  public static Tokenizer load(Path modelFolder) throws IOException {
    TokenizerFolder folder = new TokenizerFolder(modelFolder);
    if (folder.has("tokenizer.json")) {
      return TokenizerJsonReader.read(folder.json("tokenizer.json"));
    }
    if (folder.has("vocab.json") && folder.has("merges.txt")) {
      return VocabMergesReader.read(folder);
    }
    throw new MalformedFileException(
        modelFolder.toString(),
        "has no tokenizer: neither tokenizer.json nor vocab.json with merges.txt is there");
  }
}
