// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import dev.highbeam.runtime.json.JsonFile;
import dev.highbeam.runtime.json.MalformedFileException;
import java.nio.charset.StandardCharsets;

/** Tokenizers made from texts in the tests. */
final class SmallTokenizers {
  private SmallTokenizers() {}

  static Tokenizer of(String tokenizerJson) throws MalformedFileException {
    byte[] json = tokenizerJson.getBytes(StandardCharsets.UTF_8);
    return TokenizerJsonReader.read(JsonFile.parse("tokenizer.json", json, json.length));
  }

  /** One whose tokens are the bytes of a text. */
  static Tokenizer bytesOnly() throws MalformedFileException {
    return of(TokenizerFiles.bytesOnly(TokenizerFiles.GPT2_STEPS));
  }
}
