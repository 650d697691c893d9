// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import dev.highbeam.runtime.json.JsonFile;
import dev.highbeam.runtime.json.JsonValue;
import dev.highbeam.runtime.json.MalformedFileException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The files of a model folder that concern a tokenizer, each read within its size limit. */
final class TokenizerFolder {
  /** Four times the largest tokenizer.json known. */
  private static final long MAX_BYTES = 128L << 20;

  private final Path path;

  TokenizerFolder(Path path) {
    this.path = path;
  }

  boolean has(String file) {
    return Files.isRegularFile(path.resolve(file));
  }

  JsonValue json(String file) throws IOException {
    return JsonFile.read(path.resolve(file), MAX_BYTES);
  }

  Optional<JsonValue> jsonIfThere(String file) throws IOException {
    return has(file) ? Optional.of(json(file)) : Optional.empty();
  }

  String nameOf(String file) {
    return path.resolve(file).toString();
  }

  /** The lines of a text file, with Unix or Windows ends. */
  List<String> lines(String file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(path.resolve(file))) {
      bytes = in.readNBytes(Math.toIntExact(MAX_BYTES + 1));
    }
    if (bytes.length > MAX_BYTES) {
      throw new MalformedFileException(
          nameOf(file), "has more than the " + MAX_BYTES + " bytes that are accepted");
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes))
          .toString()
          .lines()
          .toList();
    } catch (CharacterCodingException e) {
      throw new MalformedFileException(nameOf(file), "is not UTF-8 text", e);
    }
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
