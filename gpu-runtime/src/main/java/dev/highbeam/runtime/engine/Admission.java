// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.RejectionCode;
import java.util.List;

/** Refuses requests that could never be served, before they wait. */
final class Admission {

  private Admission() {}

  /** True if the request may wait for its turn; else it is rejected with the reason. */
  static boolean check(RequestState request, int vocabularySize, int maxModelLength) {
    int[] prompt = request.promptTokenIds();
    if (prompt.length == 0) {
      request.reject(RejectionCode.EMPTY, "the prompt has no token");
      return false;
    }
    if (prompt.length >= maxModelLength) {
      request.reject(
          RejectionCode.TOO_LONG,
          "the prompt has "
              + prompt.length
              + " tokens and leaves no room for one more; at most "
              + (maxModelLength - 1)
              + " are allowed");
      return false;
    }
    for (int token : prompt) {
      if (token < 0 || token >= vocabularySize) {
        return refuseTokenId(request, "prompt", token, vocabularySize);
      }
    }
    for (int token : request.request().sampling().logitBias().keySet()) {
      if (token >= vocabularySize) {
        return refuseTokenId(request, "logit_bias", token, vocabularySize);
      }
    }
    List<Integer> stops = request.request().sampling().stopTokenIds();
    for (int token : stops) {
      if (token >= vocabularySize) {
        return refuseTokenId(request, "stop_token_ids", token, vocabularySize);
      }
    }
    return true;
  }

  private static boolean refuseTokenId(
      RequestState request, String where, int token, int vocabularySize) {
    request.reject(
        RejectionCode.BAD_REQUEST,
        where + " has token id " + token + ", allowed are 0 to " + (vocabularySize - 1));
    return false;
  }
}
