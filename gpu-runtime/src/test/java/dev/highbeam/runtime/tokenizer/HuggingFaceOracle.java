// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/**
 * The Hugging Face library itself, to compare with; a test skips where its native part is absent.
 */
final class HuggingFaceOracle implements AutoCloseable {
  private final HuggingFaceTokenizer tokenizer;

  private HuggingFaceOracle(HuggingFaceTokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  static HuggingFaceOracle open(Path tokenizerJson) throws IOException {
    // It would otherwise look for a GPU build of itself on the network.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("RUST_FLAVOR", "cpu");
    Path cache = Path.of("target", "djl-cache").toAbsolutePath();
    System.setProperty("DJL_CACHE_DIR", cache.toString());
    System.setProperty("ENGINE_CACHE_DIR", cache.toString());
    try {
      Map<String, String> options = Map.of("truncation", "false", "padding", "false");
      return new HuggingFaceOracle(HuggingFaceTokenizer.newInstance(tokenizerJson, options));
    } catch (UnsatisfiedLinkError | NoClassDefFoundError | ExceptionInInitializerError e) {
      Assumptions.abort("the native Hugging Face library does not load here: " + e);
      throw e;
    } catch (IllegalStateException e) {
      Assumptions.abort("the native Hugging Face library does not load here: " + e);
      throw e;
    }
  }

  int[] encode(String text, Tokenizer.Specials specials) {
    return ints(tokenizer.encode(text, specials == Tokenizer.Specials.ADD, false).getIds());
  }

  /** For each token the number of the word that it belongs to. */
  int[] wordIds(String text) {
    return ints(tokenizer.encode(text, false, false).getWordIds());
  }

  String decode(int[] ids, Tokenizer.SpecialText specials) {
    long[] longs = Arrays.stream(ids).asLongStream().toArray();
    return tokenizer.decode(longs, specials == Tokenizer.SpecialText.SKIP);
  }

  private static int[] ints(long[] longs) {
    return Arrays.stream(longs).mapToInt(Math::toIntExact).toArray();
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
