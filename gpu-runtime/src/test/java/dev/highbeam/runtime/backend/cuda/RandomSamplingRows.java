// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static dev.highbeam.runtime.backend.TestSequence.params;

import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Logit rows of all kinds with parameters of all kinds. */
final class RandomSamplingRows {

  private static final float INFINITY = Float.POSITIVE_INFINITY;

  private RandomSamplingRows() {}

  static List<SamplingRow> rows(Random random, int vocabulary, int count) {
    List<SamplingRow> rows = new ArrayList<>();
    for (int r = 0; r < count; r++) {
      rows.add(row(random, vocabulary));
    }
    return rows;
  }

  private static SamplingRow row(Random random, int vocabulary) {
    int[] tokens = new int[1 + random.nextInt(40)];
    // A few of the vocabulary, so that many come again.
    int distinct = Math.min(vocabulary, 1 + random.nextInt(20));
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = random.nextInt(distinct) * (vocabulary / distinct);
    }
    int[] ends = new int[random.nextInt(3)];
    Arrays.setAll(ends, i -> random.nextInt(vocabulary + 1));
    int alternatives = Math.max(0, random.nextInt(31) - 10);
    return new SamplingRow(
        logits(random, vocabulary, ends),
        random.nextInt(5) == 0 ? random.nextInt(vocabulary) : -1,
        alternatives,
        randomParams(random, vocabulary),
        random.nextInt(3),
        1 + random.nextInt(tokens.length),
        tokens,
        ends);
  }

  private static float[] logits(Random random, int vocabulary, int[] ends) {
    float[] logits = new float[vocabulary];
    float spread = new float[] {0.01f, 1, 3, 10, 100}[random.nextInt(5)];
    float centre = new float[] {0, 0, 20, -1000}[random.nextInt(4)];
    int shape = random.nextInt(8);
    for (int i = 0; i < vocabulary; i++) {
      float x = centre + spread * (float) random.nextGaussian();
      logits[i] =
          switch (shape) {
            // Many equal ones, both zeros among them.
            case 0 -> Math.round(x) * (random.nextBoolean() ? 1f : -1f);
            case 1 -> centre;
            case 2 -> random.nextInt(4) == 0 ? x : -INFINITY;
            case 3 -> random.nextInt(vocabulary) == 0 ? Float.NaN : x;
            default -> x;
          };
    }
    if (shape == 4) {
      // The greatest one is an end token, which min_tokens may mask.
      for (int end : ends) {
        logits[Math.min(end, vocabulary - 1)] = centre + 10 * spread;
      }
    }
    if (shape == 5 && random.nextInt(4) == 0) {
      logits[random.nextInt(vocabulary)] = random.nextBoolean() ? INFINITY : Float.NaN;
    }
    return logits;
  }

  private static SamplingParams randomParams(Random random, int vocabulary) {
    List<Object> settings = new ArrayList<>();
    maybe(random, settings, SamplingSetting.TEMPERATURE, 0, 0, 0.3, 0.7, 2, 100, 1e-30);
    maybe(
        random,
        settings,
        SamplingSetting.TOP_K,
        1,
        2,
        5,
        50,
        vocabulary / 2,
        vocabulary - 1,
        vocabulary,
        vocabulary + 1);
    maybe(random, settings, SamplingSetting.TOP_P, 0.5, 0.9, 0.99, 0.999999, 1e-9);
    maybe(random, settings, SamplingSetting.MIN_P, 0.2, 1e-6, 1);
    maybe(random, settings, SamplingSetting.MIN_TOKENS, 3, 1000);
    maybe(random, settings, SamplingSetting.REPETITION_PENALTY, 1.7, 0.5);
    maybe(random, settings, SamplingSetting.FREQUENCY_PENALTY, 0.7, -0.3);
    maybe(random, settings, SamplingSetting.PRESENCE_PENALTY, 1.5, -2);
    settings.add(SamplingSetting.SEED);
    settings.add(random.nextLong());
    if (random.nextInt(4) == 0) {
      Map<Object, Object> biases = new LinkedHashMap<>();
      for (int i = 0; i < 1 + random.nextInt(20); i++) {
        biases.put(random.nextInt(vocabulary), 100 * random.nextDouble() - 50);
      }
      settings.add(SamplingSetting.LOGIT_BIAS);
      settings.add(biases);
    }
    return params(settings.toArray());
  }

  private static void maybe(
      Random random, List<Object> settings, SamplingSetting setting, Object... values) {
    if (random.nextInt(5) < 2) {
      Object value = values[random.nextInt(values.length)];
      if (setting == SamplingSetting.TOP_K && (Integer) value < 1) {
        return;
      }
      settings.add(setting);
      settings.add(value);
    }
  }
}
