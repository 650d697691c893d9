// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import dev.highbeam.runtime.tokenizer.AddedToken.Trait;
import dev.highbeam.runtime.tokenizer.AddedTokenSplitter.Part;
import dev.highbeam.runtime.tokenizer.Words.TextPlace;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;

/**
 * A BPE tokenizer put together from its parts. A text goes this way:
 *
 * <ol>
 *   <li>added tokens that are looked for in the raw text are found and set aside;
 *   <li>each stretch between them is normalized, and the other added tokens are found in it;
 *   <li>each stretch that is left is cut into words, and every word into tokens.
 * </ol>
 */
final class BpeTokenizer implements Tokenizer {
  private final AddedTokenSplitter rawSplitter;
  private final AddedTokenSplitter normalizedSplitter;
  private final Parts parts;
  private final Vocabulary vocabulary;
  private final TokenTexts texts;

  /** What a tokenizer is made of; the readers fill it in. */
  record Parts(
      List<AddedToken> addedTokens,
      Normalizer normalizer,
      PreTokenizer preTokenizer,
      BpeModel model,
      Template template) {}

  BpeTokenizer(Parts parts, Vocabulary vocabulary, PieceDecoding decoding) {
    this.parts = parts;
    this.vocabulary = vocabulary;
    this.texts = new TokenTexts(vocabulary, decoding);
    List<AddedToken> raw = new ArrayList<>();
    List<AddedToken> normalized = new ArrayList<>();
    for (AddedToken token : parts.addedTokens()) {
      (token.is(Trait.NORMALIZED) ? normalized : raw).add(token);
    }
    rawSplitter = new AddedTokenSplitter(raw, UnaryOperator.identity());
    normalizedSplitter = new AddedTokenSplitter(normalized, parts.normalizer()::apply);
  }

  @Override
  public int[] encode(String text, Specials specials) {
    String clean = WellFormedText.of(text);
    IdList out = new IdList(clean.length() / 3 + 8);
    boolean framed = specials == Specials.ADD;
    if (framed) {
      out.addAll(parts.template().before());
    }
    BpeMerger merger = parts.model().newMerger();
    for (Part part : rawSplitter.split(clean)) {
      if (part.token() != null) {
        out.add(part.token().id());
      } else {
        TextPlace place = part.start() == 0 ? TextPlace.AT_START : TextPlace.LATER;
        encodeRaw(clean.substring(part.start(), part.end()), place, merger, out);
      }
    }
    if (framed) {
      out.addAll(parts.template().after());
    }
    return out.toArray();
  }

  private void encodeRaw(String raw, TextPlace place, BpeMerger merger, IdList out) {
    String text = parts.normalizer().apply(raw);
    for (Part part : normalizedSplitter.split(text)) {
      if (part.token() != null) {
        out.add(part.token().id());
      } else {
        TextPlace partPlace = part.start() == 0 ? place : TextPlace.LATER;
        encodePlain(text.substring(part.start(), part.end()), partPlace, merger, out);
      }
    }
  }

  private void encodePlain(String text, TextPlace place, BpeMerger merger, IdList out) {
    Words words = parts.preTokenizer().apply(Words.whole(text, place));
    for (int i = 0; i < words.count(); i++) {
      parts.model().encode(words.text(), words.start(i), words.end(i), merger, out);
    }
  }

  @Override
  public String decode(int[] tokenIds, SpecialText specials) {
    StreamDecoder decoder = BpeStreamDecoder.atStart(texts, specials);
    StringBuilder text = new StringBuilder(4 * tokenIds.length);
    for (int id : tokenIds) {
      decoder.append(id, text);
    }
    decoder.flush(text);
    return text.toString();
  }

  @Override
  public StreamDecoder streamDecoder(SpecialText specials) {
    return BpeStreamDecoder.continuing(texts, specials);
  }

  @Override
  public StreamDecoder streamDecoder(int[] promptTokenIds, SpecialText specials) {
    return BpeStreamDecoder.after(promptTokenIds, texts, specials);
  }

  @Override
  public String pieceText(int tokenId) {
    if (tokenId < 0) {
      throw new IllegalArgumentException("tokenId must not be negative, was " + tokenId);
    }
    Utf8Assembler assembler = new Utf8Assembler();
    StringBuilder text = new StringBuilder();
    for (byte value : texts.bytesOf(tokenId)) {
      assembler.accept(value, text);
    }
    assembler.finish(text);
    return text.toString();
  }

  @Override
  public int vocabularySize() {
    return vocabulary.size();
  }

  @Override
  public boolean isSpecial(int tokenId) {
    return vocabulary.isSpecial(tokenId);
  }

  @Override
  public OptionalInt idOf(String piece) {
    return vocabulary.idOf(piece);
  }
}
