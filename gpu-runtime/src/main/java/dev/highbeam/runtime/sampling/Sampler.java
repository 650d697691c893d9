// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.sampling;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.api.SamplingParams;

/**
 * Turns one row of logits into a token, in the order of vLLM:
 *
 * <ol>
 *   <li>log-probabilities and alternatives of the raw logits;
 *   <li>min_tokens, logit_bias and penalties ({@link SequenceSampling});
 *   <li>temperature 0: the greatest logit, of equal ones the lowest id;
 *   <li>else weights floor(2^40 e^((logit - greatest) / temperature)), then min_p, top_k, top_p;
 *   <li>a draw over the weights left, in the order of ids.
 * </ol>
 *
 * Weights are integers, so sums do not depend on their order. One instance per thread: it owns the
 * scratch memory and allocates nothing per row.
 */
public final class Sampler {

  /** Keeps the sum of all weights below 2^63. */
  private static final int MAX_VOCABULARY = 1 << 22;

  private final int vocabularySize;
  private final float[] logits;
  private final long[] weights;
  private final DescendingCut cut = new DescendingCut();
  private final int[] topIds = new int[SamplingParams.MAX_LOGPROBS];

  /** Of a scanned row that has to be copied; taken when the first one has. */
  private float[] copied = {};

  private float greatest;
  private int greatestId;
  private boolean isUniform;

  public Sampler(int vocabularySize) {
    Checks.checkArgument(
        vocabularySize > 0 && vocabularySize <= MAX_VOCABULARY,
        "vocabularySize must be from 1 to %s, was %s",
        MAX_VOCABULARY,
        vocabularySize);
    this.vocabularySize = vocabularySize;
    this.logits = new float[vocabularySize];
    this.weights = new long[vocabularySize];
  }

  /**
   * Samples the token at a position from the row that starts at the offset. The row and the
   * sequence stay as they are; the caller lets the sequence accept the token.
   */
  public void sample(
      float[] row,
      int offset,
      SequenceSampling sequence,
      int position,
      int alternatives,
      SampledToken out) {
    if (!load(row, offset)) {
      out.setNonFinite(0);
      return;
    }
    float rawGreatest = greatest;
    boolean isRawUniform = isUniform;
    double logTotal = logTotal();
    setAlternatives(alternatives, logTotal, out);
    sequence.adjust(logits, position);
    if (!findGreatest()) {
      out.setNonFinite(0);
      return;
    }
    int id = sequence.temperature() == 0 ? greatestId : draw(sequence, position);
    out.setToken(id, logprob(row[offset + id], rawGreatest, logTotal), isRawUniform);
  }

  /** Gives the log-probability of a known token under the row that starts at the offset. */
  public void score(float[] row, int offset, int tokenId, int alternatives, SampledToken out) {
    if (!load(row, offset)) {
      out.setNonFinite(tokenId);
      return;
    }
    double logTotal = logTotal();
    setAlternatives(alternatives, logTotal, out);
    out.setToken(tokenId, logprob(logits[tokenId], greatest, logTotal), isUniform);
  }

  /**
   * As the other, over a row that its backend has scanned; copied only where that is not enough.
   */
  public void sample(
      LogitRow row, SequenceSampling sequence, int position, int alternatives, SampledToken out) {
    if (!row.isOrdered() || row.greatestId() < 0) {
      out.setNonFinite(0);
      return;
    }
    if (alternatives > 0 || !sequence.isPlain(position, vocabularySize)) {
      row.copyTo(copied());
      sample(copied, 0, sequence, position, alternatives, out);
      return;
    }
    int id =
        sequence.temperature() == 0
            ? row.greatestId()
            : row.draw(
                sequence.temperature(),
                leastWeight(sequence.minP()),
                sequence.randomBits(position));
    setToken(row, id, out);
  }

  /** As the other, over a row that its backend has scanned. */
  public void score(LogitRow row, int tokenId, int alternatives, SampledToken out) {
    if (!row.isOrdered() || row.greatestId() < 0) {
      out.setNonFinite(tokenId);
      return;
    }
    if (alternatives > 0) {
      row.copyTo(copied());
      score(copied, 0, tokenId, alternatives, out);
      return;
    }
    setToken(row, tokenId, out);
  }

  private static void setToken(LogitRow row, int id, SampledToken out) {
    double logTotal = logOf(row.total());
    out.setAlternativeCount(0);
    out.setToken(id, logprob(row.logit(id), row.greatest(), logTotal), row.isUniform());
  }

  private float[] copied() {
    if (copied.length == 0) {
      copied = new float[vocabularySize];
    }
    return copied;
  }

  /** What the last draw left of a token's weight; for tests. */
  long weight(int id) {
    return weights[id];
  }

  private boolean load(float[] row, int offset) {
    System.arraycopy(row, offset, logits, 0, vocabularySize);
    return findGreatest();
  }

  /** Whether the logits are ones to choose from: no NaN or plus infinity, and one finite. */
  private boolean findGreatest() {
    float best = Float.NEGATIVE_INFINITY;
    float first = logits[0];
    int bestId = -1;
    boolean ordered = true;
    boolean equal = vocabularySize > 1;
    for (int i = 0; i < vocabularySize; i++) {
      float logit = logits[i];
      ordered &= logit < Float.POSITIVE_INFINITY;
      equal &= logit == first;
      if (logit > best) {
        best = logit;
        bestId = i;
      }
    }
    greatest = best;
    greatestId = bestId;
    isUniform = equal;
    return ordered && bestId >= 0;
  }

  /** ln of the sum of e^(logit - greatest), from the integer weights. */
  private double logTotal() {
    long total = 0;
    for (int i = 0; i < vocabularySize; i++) {
      total += PortableExp.weight(logits[i] - greatest);
    }
    return logOf(total);
  }

  private static double logOf(long total) {
    return StrictMath.log(total * 0x1p-40);
  }

  private static float logprob(float logit, float greatest, double logTotal) {
    return (float) (((double) logit - greatest) - logTotal);
  }

  /** The most likely tokens by insertion: few are asked for, and few rows beat the last of them. */
  private void setAlternatives(int wanted, double logTotal, SampledToken out) {
    int count = Math.min(wanted, vocabularySize);
    int found = 0;
    for (int i = 0; i < vocabularySize && count > 0; i++) {
      float logit = logits[i];
      if (found == count && !(logit > logits[topIds[count - 1]])) {
        continue;
      }
      int place = found < count ? found++ : count - 1;
      while (place > 0 && logit > logits[topIds[place - 1]]) {
        topIds[place] = topIds[place - 1];
        place--;
      }
      topIds[place] = i;
    }
    for (int j = 0; j < count; j++) {
      out.setAlternative(j, topIds[j], logprob(logits[topIds[j]], greatest, logTotal));
    }
    out.setAlternativeCount(count);
  }

  private int draw(SequenceSampling sequence, int position) {
    long total = weigh(sequence.temperature(), sequence.minP());
    if (sequence.topK() > 0 && sequence.topK() < vocabularySize) {
      cut.apply(logits, weights, vocabularySize, DescendingCut.Mass.ONE, sequence.topK());
      total = sum();
    }
    if (sequence.topP() < 1) {
      long target = Math.max(1, shareOf(total, sequence.topP()));
      cut.apply(logits, weights, vocabularySize, DescendingCut.Mass.WEIGHT, target);
      total = sum();
    }
    return pick(sequence.randomBits(position), total);
  }

  /** The token at a share of bits / 2^64 of all weights, in the order of ids. */
  int pick(long bits, long total) {
    // The upper half of an unsigned 128-bit product: uniform in [0, total) to within 2^-64 * total.
    long rest = Math.multiplyHigh(bits, total) + (bits < 0 ? total : 0);
    int id = 0;
    while (rest >= weights[id]) {
      rest -= weights[id];
      id++;
    }
    return id;
  }

  /** Fills the weights and gives their sum; those below min_p of the greatest are 0. */
  private long weigh(float temperature, float minP) {
    long least = leastWeight(minP);
    long total = 0;
    for (int i = 0; i < vocabularySize; i++) {
      // Subtracting first keeps a tiny temperature from overflowing.
      long weight = PortableExp.weight((logits[i] - greatest) / temperature);
      weight = weight < least ? 0 : weight;
      weights[i] = weight;
      total += weight;
    }
    return total;
  }

  /** Weights are rounded down, so the threshold is too: a token at exactly min_p stays. */
  private static long leastWeight(float minP) {
    return (long) (minP * (double) PortableExp.ONE);
  }

  private long sum() {
    long total = 0;
    for (long weight : weights) {
      total += weight;
    }
    return total;
  }

  /** ceil(total * share), the share being taken in units of 2^-32. */
  static long shareOf(long total, float share) {
    long units = (long) (share * 0x1p32);
    long high = Math.multiplyHigh(total, units);
    long low = total * units;
    long floor = high << 32 | low >>> 32;
    return (low & 0xFFFFFFFFL) == 0 ? floor : floor + 1;
  }
}
