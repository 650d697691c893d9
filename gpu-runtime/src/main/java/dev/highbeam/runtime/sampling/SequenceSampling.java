// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.sampling;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.api.SamplingParams;
import java.util.Arrays;
import java.util.Map;

/**
 * What sampling must know of one sequence: its parameters, its last token, and, where penalties ask
 * for it, the tokens that it holds. The content of a state slot, remade whenever the slot is given
 * to a sequence; used by one thread at a time.
 */
public final class SequenceSampling {

  private final float temperature;
  private final float topP;
  private final int topK;
  private final float minP;
  private final long seed;
  private final int sampleIndex;
  private final int promptLength;
  private final int minTokens;
  private final float repetitionPenalty;
  private final float frequencyPenalty;
  private final float presencePenalty;
  private final boolean hasPenalties;
  private final int[] endTokenIds;
  private final int[] biasedTokenIds;
  private final float[] biases;
  private final int vocabularySize;
  private final TokenCounts tokens = new TokenCounts();
  private int lastTokenId;

  /**
   * The state of a sequence whose first tokenCount tokens (prompt, then output) are known. End
   * tokens outside the vocabulary can never come and are left out.
   *
   * @throws IllegalArgumentException if there is no seed or token, or an id is outside the
   *     vocabulary
   */
  public SequenceSampling(
      SamplingParams params,
      int sampleIndex,
      int promptLength,
      int[] tokenIds,
      int tokenCount,
      int[] endTokenIds,
      int vocabularySize) {
    Checks.checkArgument(
        tokenCount > 0 && tokenCount <= tokenIds.length,
        "tokenCount must be from 1 to %s, was %s",
        tokenIds.length,
        tokenCount);
    this.temperature = params.temperature();
    this.topP = params.topP();
    this.topK = params.topK();
    this.minP = params.minP();
    this.seed = params.seed().orElseThrow(() -> new IllegalArgumentException("seed is unset"));
    this.sampleIndex = sampleIndex;
    this.promptLength = promptLength;
    this.minTokens = params.minTokens();
    this.repetitionPenalty = params.repetitionPenalty();
    this.frequencyPenalty = params.frequencyPenalty();
    this.presencePenalty = params.presencePenalty();
    this.hasPenalties = repetitionPenalty != 1 || frequencyPenalty != 0 || presencePenalty != 0;
    this.vocabularySize = vocabularySize;
    this.endTokenIds =
        Arrays.stream(endTokenIds).filter(id -> id >= 0 && id < vocabularySize).toArray();
    this.biasedTokenIds = new int[params.logitBias().size()];
    this.biases = new float[biasedTokenIds.length];
    int i = 0;
    for (Map.Entry<Integer, Float> bias : params.logitBias().entrySet()) {
      biasedTokenIds[i] = checkId(bias.getKey());
      biases[i] = bias.getValue();
      i++;
    }
    for (int t = 0; t < tokenCount; t++) {
      note(tokenIds[t], t >= promptLength);
    }
  }

  /** Takes the next token of the output. */
  public void accept(int tokenId) {
    note(tokenId, true);
  }

  /** The token that the sequence ends with so far. */
  public int lastTokenId() {
    return lastTokenId;
  }

  float temperature() {
    return temperature;
  }

  float topP() {
    return topP;
  }

  int topK() {
    return topK;
  }

  float minP() {
    return minP;
  }

  /** Whether the token at a position depends on the raw logits, temperature and min_p alone. */
  boolean isPlain(int position, int vocabularySize) {
    boolean isAdjusted =
        hasPenalties
            || biases.length > 0
            || (position - promptLength < minTokens && endTokenIds.length > 0);
    boolean isCut = topP < 1 || (topK > 0 && topK < vocabularySize);
    return !isAdjusted && (temperature == 0 || !isCut);
  }

  /** The random bits of the token at a position. */
  long randomBits(int position) {
    return CounterRandom.bits(seed, sampleIndex, position, 0);
  }

  /**
   * Changes logits in the order of vLLM: end tokens masked before min_tokens, bias, repetition
   * penalty (prompt and output), frequency and presence penalty (output).
   */
  void adjust(float[] logits, int position) {
    if (position - promptLength < minTokens) {
      for (int id : endTokenIds) {
        logits[id] = Float.NEGATIVE_INFINITY;
      }
    }
    for (int i = 0; i < biases.length; i++) {
      logits[biasedTokenIds[i]] += biases[i];
    }
    if (!hasPenalties) {
      return;
    }
    for (int entry = 0; entry < tokens.count(); entry++) {
      int id = tokens.tokenId(entry);
      float logit = logits[id];
      logit = logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty;
      int outputCount = tokens.outputCount(entry);
      if (outputCount > 0) {
        logit -= frequencyPenalty * outputCount;
        logit -= presencePenalty;
      }
      logits[id] = logit;
    }
  }

  private void note(int tokenId, boolean isOutput) {
    lastTokenId = checkId(tokenId);
    if (!hasPenalties) {
      return;
    }
    if (isOutput) {
      tokens.addOutput(tokenId);
    } else {
      tokens.addSeen(tokenId);
    }
  }

  private int checkId(int tokenId) {
    Checks.checkArgument(
        tokenId >= 0 && tokenId < vocabularySize,
        "token id must be from 0 to %s, was %s",
        vocabularySize - 1,
        tokenId);
    return tokenId;
  }
}
