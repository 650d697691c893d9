// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import dev.highbeam.runtime.json.JsonValue;
import dev.highbeam.runtime.json.MalformedFileException;
import dev.highbeam.runtime.tokenizer.BpeSpec.ByteRule;
import dev.highbeam.runtime.tokenizer.BpeSpec.UnknownRule;
import dev.highbeam.runtime.tokenizer.BpeSpec.WholeWordRule;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a tokenizer.json. Its truncation and padding are not followed: what does not fit a model is
 * answered for each request, never cut in silence.
 */
final class TokenizerJsonReader {
  private TokenizerJsonReader() {}

  static Tokenizer read(JsonValue root) throws MalformedFileException {
    JsonValue model = root.required("model");
    checkModelType(model);
    Map<String, Integer> pieces = VocabularyReader.readPieces(model.required("vocab"));
    Optional<JsonValue> added = root.member("added_tokens");
    List<AddedToken> addedTokens =
        added.isPresent() ? VocabularyReader.readAddedTokens(added.get(), pieces) : List.of();
    Vocabulary vocabulary = new Vocabulary(pieces, addedTokens);
    BpeTokenizer.Parts parts =
        new BpeTokenizer.Parts(
            addedTokens,
            NormalizerReader.read(root.member("normalizer")),
            PreTokenizerReader.read(root.member("pre_tokenizer")),
            new BpeModel(bpeSpec(model, pieces)),
            PostProcessorReader.read(root.member("post_processor"), vocabulary.size()));
    return new BpeTokenizer(parts, vocabulary, DecoderReader.read(root.required("decoder")));
  }

  private static void checkModelType(JsonValue model) throws MalformedFileException {
    // Files from before the type was written have merges only if they are BPE.
    String type = model.textOr("type", model.member("merges").isPresent() ? "BPE" : "unknown");
    if (!type.equals("BPE")) {
      throw model.malformed(
          "has the type \"" + type + "\", which is not supported; supported is BPE");
    }
    Optional<JsonValue> dropout = model.member("dropout");
    if (dropout.isPresent() && dropout.get().number() != 0) {
      throw dropout.get().malformed("must be absent or 0: tokens must not depend on chance");
    }
    for (String affix : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
      if (!model.textOr(affix, "").isEmpty()) {
        throw model.malformed("has a " + affix + ", which is not supported");
      }
    }
  }

  private static BpeSpec bpeSpec(JsonValue model, Map<String, Integer> pieces)
      throws MalformedFileException {
    int unknownId = BpeSpec.NO_UNKNOWN;
    Optional<JsonValue> unknown = model.member("unk_token");
    if (unknown.isPresent()) {
      Integer id = pieces.get(unknown.get().text());
      if (id == null) {
        throw unknown.get().malformed("is not in the vocabulary");
      }
      unknownId = id;
    }
    return new BpeSpec(
        pieces,
        merges(model.required("merges"), pieces),
        unknownId,
        model.flagOr("fuse_unk", false) ? UnknownRule.FUSED : UnknownRule.ONE_EACH,
        model.flagOr("byte_fallback", false) ? ByteRule.BYTE_FALLBACK : ByteRule.NO_BYTES,
        model.flagOr("ignore_merges", false)
            ? WholeWordRule.WHOLE_FIRST
            : WholeWordRule.MERGES_DECIDE);
  }

  private static MergeTable merges(JsonValue json, Map<String, Integer> pieces)
      throws MalformedFileException {
    // Some tools write "no merges" as an empty object.
    boolean none = json.isObject() && json.members().isEmpty();
    return none ? new MergeTable(0) : MergesReader.readJson(json, pieces);
  }
}
