// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.tokenizer.StreamDecoder;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/** A token per byte of UTF-8, and two special ones: 256 begins a prompt, 257 ends a text. */
public final class ByteTokenizer implements Tokenizer {

  public static final int BEGIN = 256;
  public static final int END = 257;

  @Override
  public int[] encode(String text, Specials specials) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int extra = specials == Specials.ADD ? 1 : 0;
    int[] ids = new int[bytes.length + extra];
    if (extra == 1) {
      ids[0] = BEGIN;
    }
    for (int i = 0; i < bytes.length; i++) {
      ids[i + extra] = bytes[i] & 0xff;
    }
    return ids;
  }

  @Override
  public String decode(int[] tokenIds, SpecialText specials) {
    StreamDecoder decoder = streamDecoder(specials);
    StringBuilder text = new StringBuilder();
    for (int id : tokenIds) {
      decoder.append(id, text);
    }
    decoder.flush(text);
    return text.toString();
  }

  @Override
  public StreamDecoder streamDecoder(SpecialText specials) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    return new StreamDecoder() {
      @Override
      public void append(int tokenId, StringBuilder text) {
        if (tokenId < 256) {
          bytes.write(tokenId);
        } else if (specials == SpecialText.KEEP) {
          flush(text);
          text.append(pieceText(tokenId));
        }
      }

      @Override
      public void flush(StringBuilder text) {
        text.append(bytes.toString(StandardCharsets.UTF_8));
        bytes.reset();
      }
    };
  }

  @Override
  public String pieceText(int tokenId) {
    return switch (tokenId) {
      case BEGIN -> "<s>";
      case END -> "</s>";
      default -> String.valueOf((char) tokenId);
    };
  }

  @Override
  public int vocabularySize() {
    return END + 1;
  }

  @Override
  public boolean isSpecial(int tokenId) {
    return tokenId >= BEGIN;
  }

  @Override
  public OptionalInt idOf(String piece) {
    return piece.length() == 1 ? OptionalInt.of(piece.charAt(0)) : OptionalInt.empty();
  }
}
