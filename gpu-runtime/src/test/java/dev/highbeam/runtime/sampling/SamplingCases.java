// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.sampling;

import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;

/** Builds parameters and sequences for the tests of sampling. */
final class SamplingCases {

  private SamplingCases() {}

  /** Parameters with seed 11 and the given pairs of setting and value. */
  static SamplingParams params(Object... settings) {
    Settings<SamplingSetting> layer =
        Settings.none(SamplingSetting.class).with(SamplingSetting.SEED, 11L);
    for (int i = 0; i < settings.length; i += 2) {
      layer = layer.with((SamplingSetting) settings[i], settings[i + 1]);
    }
    return SamplingParams.of(layer);
  }

  /** The first sample after the prompt [0]. */
  static SequenceSampling sequence(int vocabularySize, Object... settings) {
    return new SequenceSampling(
        params(settings), 0, 1, new int[] {0}, 1, new int[0], vocabularySize);
  }

  /** Samples the token at a position from the whole row, without alternatives. */
  static int sample(float[] row, SequenceSampling sequence, int position) {
    return result(row, sequence, position, 0).tokenId();
  }

  static SampledToken result(
      float[] row, SequenceSampling sequence, int position, int alternatives) {
    SampledToken out = new SampledToken();
    new Sampler(row.length).sample(row, 0, sequence, position, alternatives, out);
    return out;
  }
}
