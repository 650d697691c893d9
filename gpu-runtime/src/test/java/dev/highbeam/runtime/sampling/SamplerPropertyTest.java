// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.sampling;

import static dev.highbeam.runtime.sampling.SamplingCases.params;
import static dev.highbeam.runtime.sampling.SamplingCases.sample;
import static dev.highbeam.runtime.sampling.SamplingCases.sequence;
import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.SamplingSetting;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.IntRange;

final class SamplerPropertyTest {

  @Property(tries = 500, seed = "2611")
  void givenAnyFilters_sample_isThatOfTheSortedList(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 300) int size,
      @ForAll @IntRange(min = 1, max = 12) int levels,
      @ForAll @FloatRange(min = 0.05f, max = 5) float temperature,
      @ForAll @IntRange(min = 0, max = 40) int topK,
      @ForAll @FloatRange(min = 0.01f, max = 1) float topP,
      @ForAll @FloatRange(min = 0, max = 0.3f) float minP) {
    float[] row = logits(seed, size, levels);
    SequenceSampling sequence =
        new SequenceSampling(
            params(
                SamplingSetting.SEED, seed,
                SamplingSetting.TEMPERATURE, temperature,
                SamplingSetting.TOP_K, topK,
                SamplingSetting.TOP_P, topP,
                SamplingSetting.MIN_P, minP),
            3,
            1,
            new int[] {0},
            1,
            new int[0],
            size);
    Sampler sampler = new Sampler(size);
    SampledToken out = new SampledToken();
    sampler.sample(row, 0, sequence, 17, 0, out);
    long[] weights = naiveWeights(row, temperature, topK, topP, minP);
    long[] kept = IntStream.range(0, size).mapToLong(sampler::weight).toArray();
    assertThat(kept).isEqualTo(weights);
    assertThat(out.tokenId()).isEqualTo(naiveDraw(weights, CounterRandom.bits(seed, 3, 17, 0)));
  }

  /** Few levels make many equal logits; many make few. */
  private static float[] logits(long seed, int size, int levels) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] row = new float[size];
    for (int i = 0; i < size; i++) {
      row[i] = levels < 10 ? random.nextInt(levels) - 2 : (float) (random.nextDouble() * 20 - 10);
    }
    return row;
  }

  private static long[] naiveWeights(
      float[] row, float temperature, int topK, float topP, float minP) {
    float greatest = row[naiveOrder(row).get(0)];
    long[] weights = new long[row.length];
    for (int i = 0; i < row.length; i++) {
      weights[i] = PortableExp.weight((row[i] - greatest) / temperature);
      // weight / 2^40 < min_p, but for the rounding down of the weight.
      BigDecimal least = new BigDecimal(minP).multiply(BigDecimal.valueOf(PortableExp.ONE));
      if (BigDecimal.valueOf(weights[i] + 1).compareTo(least) <= 0) {
        weights[i] = 0;
      }
    }
    List<Integer> order = naiveOrder(row);
    if (topK > 0) {
      order.stream().skip(topK).forEach(id -> weights[id] = 0);
    }
    BigDecimal target =
        new BigDecimal(topP).multiply(BigDecimal.valueOf(Arrays.stream(weights).sum()));
    long kept = 0;
    for (int id : order) {
      if (topP < 1 && BigDecimal.valueOf(kept).compareTo(target) >= 0) {
        weights[id] = 0;
      }
      kept += weights[id];
    }
    return weights;
  }

  private static List<Integer> naiveOrder(float[] row) {
    return IntStream.range(0, row.length)
        .boxed()
        .sorted(Comparator.<Integer>comparingDouble(id -> -row[id]).thenComparingInt(id -> id))
        .collect(Collectors.toList());
  }

  private static int naiveDraw(long[] weights, long bits) {
    BigInteger total = BigInteger.valueOf(Arrays.stream(weights).sum());
    long rest =
        new BigInteger(Long.toUnsignedString(bits)).multiply(total).shiftRight(64).longValue();
    int id = 0;
    for (long sum = weights[0]; sum <= rest; sum += weights[id]) {
      id++;
    }
    return id;
  }

  @Property(tries = 100, seed = "2611")
  void givenTokensInAnotherOrder_sample_keepsTheSameTokens(
      @ForAll long seed, @ForAll @FloatRange(min = 0.1f, max = 0.99f) float topP) {
    float[] row = logits(seed, 200, 12);
    float[] reversed = new float[200];
    for (int i = 0; i < 200; i++) {
      reversed[199 - i] = row[i];
    }
    Sampler one = new Sampler(200);
    Sampler other = new Sampler(200);
    SampledToken out = new SampledToken();
    SequenceSampling sequence =
        sequence(200, SamplingSetting.TOP_P, topP, SamplingSetting.TOP_K, 50);
    one.score(row, 0, 0, 0, out);
    one.sample(row, 0, sequence, 1, 0, out);
    other.sample(reversed, 0, sequence, 1, 0, out);
    for (int i = 0; i < 200; i++) {
      assertThat(other.weight(199 - i)).isEqualTo(one.weight(i));
    }
  }

  @Property(tries = 100, seed = "2611")
  void givenSameSeedIndexAndPosition_sample_isTheSameWhateverCameBefore(@ForAll long seed) {
    float[] row = logits(seed, 100, 12);
    Sampler used = new Sampler(100);
    SampledToken out = new SampledToken();
    SequenceSampling sequence = sequence(100, SamplingSetting.TOP_K, 30);
    for (int i = 0; i < 3; i++) {
      used.sample(logits(seed + i, 100, 3), 0, sequence, i, 3, out);
      sequence.accept(out.tokenId());
    }
    used.sample(row, 0, sequence, 40, 0, out);
    assertThat(out.tokenId()).isEqualTo(sample(row, sequence(100, SamplingSetting.TOP_K, 30), 40));
  }

  @Example
  void givenKnownProbabilities_sample_drawsThemThatOften() {
    double[] probabilities = {0.05, 0.4, 0.15, 0.1, 0.3};
    float[] row = new float[5];
    for (int i = 0; i < 5; i++) {
      row[i] = (float) Math.log(probabilities[i]);
    }
    for (long seed : new long[] {0, 1, -7, Long.MIN_VALUE}) {
      SequenceSampling sequence = sequence(5, SamplingSetting.SEED, seed);
      Sampler sampler = new Sampler(5);
      SampledToken out = new SampledToken();
      int[] counts = new int[5];
      int draws = 20_000;
      for (int position = 0; position < draws; position++) {
        sampler.sample(row, 0, sequence, position, 0, out);
        counts[out.tokenId()]++;
      }
      double chiSquare = 0;
      for (int i = 0; i < 5; i++) {
        double expected = draws * probabilities[i];
        chiSquare += (counts[i] - expected) * (counts[i] - expected) / expected;
      }
      // 4 degrees of freedom: the 99.9 % quantile is 18.5.
      assertThat(chiSquare).as("seed %s", seed).isLessThan(18.5);
    }
  }

  @Example
  void givenDifferentSampleIndex_sample_drawsOtherTokens() {
    float[] row = logits(9, 1000, 12);
    int[][] drawn = new int[4][20];
    for (int index = 0; index < 4; index++) {
      SequenceSampling sequence =
          new SequenceSampling(
              params(SamplingSetting.TEMPERATURE, 5), index, 1, new int[] {0}, 1, new int[0], 1000);
      for (int position = 1; position <= 20; position++) {
        drawn[index][position - 1] = sample(row, sequence, position);
      }
    }
    assertThat(Arrays.stream(drawn).map(Arrays::toString).distinct()).hasSize(4);
  }
}
