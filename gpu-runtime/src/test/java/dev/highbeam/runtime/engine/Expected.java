// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.FinishReason;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.SamplingParams;
import java.util.Arrays;

/** What a sample must be, computed without any engine: token after token from the whole context. */
@SuppressWarnings("ArrayRecordComponent") // Its parts are compared, never the record.
record Expected(int[] outputTokenIds, FinishReason reason) {

  static Expected of(Request request, int sampleIndex, int maxModelLength) {
    SamplingParams sampling = request.sampling();
    int[] prompt = request.promptTokenIds();
    int[] context = Arrays.copyOf(prompt, maxModelLength);
    int length = prompt.length;
    int most = Math.min(maxModelLength, length + sampling.maxTokens().orElse(maxModelLength));
    while (length < most) {
      int token = FakeExecutable.nextToken(context, length, sampling, sampleIndex);
      context[length++] = token;
      boolean isEnd = token == EngineFixture.END_TOKEN && !sampling.ignoreEos();
      if (isEnd && length - prompt.length >= sampling.minTokens()) {
        return new Expected(Arrays.copyOfRange(context, prompt.length, length), FinishReason.STOP);
      }
    }
    return new Expected(Arrays.copyOfRange(context, prompt.length, length), FinishReason.LENGTH);
  }
}
