// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.Sample;
import dev.highbeam.runtime.api.TokenLogprobs;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Everything deterministic in an outcome as text, floats by their bits. */
final class OutcomeText {

  private OutcomeText() {}

  static String of(Outcome outcome) {
    if (outcome instanceof Outcome.Rejection rejection) {
      return rejection.code() + " " + rejection.message();
    }
    Outcome.Completion completion = (Outcome.Completion) outcome;
    StringBuilder text = new StringBuilder("prompt ");
    append(text, completion.promptLogprobs());
    for (Sample sample : completion.samples()) {
      text.append("\nsample ")
          .append(sample.sampleIndex())
          .append(' ')
          .append(sample.tokenIds())
          .append(sample.finishReason())
          .append(sample.stopReason())
          .append(sample.textTokenCount())
          .append('/')
          .append(sample.textEnd())
          .append(' ')
          .append(Double.doubleToRawLongBits(sample.cumulativeLogprob()));
      append(text, sample.logprobs());
    }
    return text.toString();
  }

  private static void append(StringBuilder text, @Nullable TokenLogprobs logprobs) {
    for (int i = 0; logprobs != null && i < logprobs.tokenCount(); i++) {
      text.append(' ')
          .append(Float.floatToRawIntBits(logprobs.logprob(i)))
          .append(Arrays.toString(logprobs.topTokenIds(i)));
      for (float top : logprobs.topLogprobs(i)) {
        text.append(Float.floatToRawIntBits(top)).append(',');
      }
    }
  }
}
