// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import dev.highbeam.runtime.json.JsonValue;
import dev.highbeam.runtime.tokenizer.BpeSpec.ByteRule;
import dev.highbeam.runtime.tokenizer.BpeSpec.UnknownRule;
import dev.highbeam.runtime.tokenizer.BpeSpec.WholeWordRule;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a folder of GPT-2's older form: vocab.json and merges.txt. How text is cut is not in these
 * files; it follows from the class of tokenizer, or else the kind of model, that the folder names,
 * and is GPT-2's own way where it names neither.
 */
final class VocabMergesReader {
  private final TokenizerFolder folder;

  private VocabMergesReader(TokenizerFolder folder) {
    this.folder = folder;
  }

  static Tokenizer read(TokenizerFolder folder) throws IOException {
    return new VocabMergesReader(folder).tokenizer();
  }

  private Tokenizer tokenizer() throws IOException {
    Map<String, Integer> pieces = VocabularyReader.readPieces(folder.json("vocab.json"));
    List<AddedToken> addedTokens = FolderAddedTokens.read(folder, pieces);
    MergeTable merges =
        MergesReader.readLines(folder.nameOf("merges.txt"), folder.lines("merges.txt"), pieces);
    BpeSpec spec =
        new BpeSpec(
            pieces,
            merges,
            BpeSpec.NO_UNKNOWN,
            UnknownRule.ONE_EACH,
            ByteRule.NO_BYTES,
            WholeWordRule.MERGES_DECIDE);
    Cutting cutting = cutting();
    BpeTokenizer.Parts parts =
        new BpeTokenizer.Parts(
            addedTokens,
            cutting.normalizer(),
            cutting.preTokenizer(),
            new BpeModel(spec),
            Template.NONE);
    return new BpeTokenizer(parts, new Vocabulary(pieces, addedTokens), PieceDecoding.BYTE_LEVEL);
  }

  private record Cutting(Normalizer normalizer, PreTokenizer preTokenizer) {}

  private Cutting cutting() throws IOException {
    Optional<JsonValue> config = folder.jsonIfThere("tokenizer_config.json");
    Optional<JsonValue> name =
        config.isPresent() ? config.get().member("tokenizer_class") : Optional.empty();
    if (name.isEmpty()) {
      Optional<JsonValue> model = folder.jsonIfThere("config.json");
      name = model.isPresent() ? model.get().member("model_type") : Optional.empty();
    }
    boolean blankInFront = config.isPresent() && config.get().flagOr("add_prefix_space", false);
    Cutting gpt2 = new Cutting(Normalizer.NONE, PreTokenizerReader.gpt2(blankInFront));
    if (name.isEmpty()) {
      return gpt2;
    }
    String kind = name.get().text();
    return switch (kind.endsWith("Fast") ? kind.substring(0, kind.length() - 4) : kind) {
      case "GPT2Tokenizer", "CodeGenTokenizer", "gpt2", "phi" -> gpt2;
      case "Qwen2Tokenizer", "qwen2", "qwen3" ->
          new Cutting(Normalizer.NFC, PreTokenizerReader.qwen2());
      default ->
          throw name.get()
              .malformed(
                  "is \"" + kind + "\", whose way to cut text only a tokenizer.json could say");
    };
  }
}
