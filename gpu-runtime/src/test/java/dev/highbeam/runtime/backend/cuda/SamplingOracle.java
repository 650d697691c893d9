// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.highbeam.runtime.sampling.SampledToken;
import dev.highbeam.runtime.sampling.Sampler;
import dev.highbeam.runtime.sampling.SequenceSampling;
import java.util.List;

/** Holds what the sampling kernels gave against {@link Sampler}. */
final class SamplingOracle {

  private SamplingOracle() {}

  /** Runs all head blocks of the rows and checks each row, and that the next step may follow. */
  static void check(SamplingBench sampling, List<SamplingRow> rows) {
    for (int start = 0; start < rows.size(); start += sampling.rows()) {
      SamplingBench.Results results = sampling.run(rows, start);
      for (int r = 0; r < rows.size(); r++) {
        if (r >= start && r < start + sampling.rows()) {
          checkRow(rows.get(r), results, r);
        } else {
          assertThat(results.flags()[r])
              .as("row %s of another block", r)
              .isEqualTo(SamplingBench.UNWRITTEN);
        }
      }
    }
    assertThat(sampling.isClean()).as("workspace and scratch are zero again").isTrue();
  }

  private static void checkRow(SamplingRow row, SamplingBench.Results results, int r) {
    int vocabulary = row.logits().length;
    Sampler sampler = new Sampler(vocabulary);
    SampledToken expected = new SampledToken();
    if (row.target() >= 0) {
      sampler.score(row.logits(), 0, row.target(), row.alternatives(), expected);
    } else {
      SequenceSampling sequence =
          new SequenceSampling(
              row.params(),
              row.sampleIndex(),
              row.promptLength(),
              row.tokens(),
              row.tokens().length,
              row.endTokens(),
              vocabulary);
      sampler.sample(row.logits(), 0, sequence, row.tokens().length, row.alternatives(), expected);
    }
    String what = "row " + r + " of " + vocabulary + ": " + row.params().canonicalText();
    assertThat(results.tokenIds()[r]).as(what).isEqualTo(expected.tokenId());
    assertThat(results.last()[r])
        .as(what)
        .isEqualTo(row.target() >= 0 ? row.lastToken() : expected.tokenId());
    assertThat((results.flags()[r] & 1) != 0).as(what).isEqualTo(expected.isNonFinite());
    if (expected.isNonFinite()) {
      assertThat(results.logprobs()[r]).as(what).isNaN();
      return;
    }
    boolean isUniform = vocabulary > 1;
    for (float logit : row.logits()) {
      isUniform &= logit == row.logits()[0];
    }
    assertThat(results.flags()[r]).as(what).isEqualTo(isUniform ? 2 : 0);
    assertClose(results.logprobs()[r], expected.logprob(), what);
    for (int j = 0; j < expected.alternativeCount(); j++) {
      assertThat(results.topIds()[20 * r + j]).as(what).isEqualTo(expected.topTokenId(j));
      assertClose(results.topLogprobs()[20 * r + j], expected.topLogprob(j), what);
    }
  }

  private static void assertClose(float actual, float expected, String what) {
    if (Float.isInfinite(expected)) {
      assertThat(actual).as(what).isEqualTo(expected);
    } else {
      // Logits of 1e30 have log-probabilities of that size.
      assertThat(actual).as(what).isCloseTo(expected, within(Math.max(2e-6f, Math.ulp(expected))));
    }
  }
}
