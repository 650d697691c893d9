// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.RejectionCode;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.Sample;
import dev.highbeam.runtime.api.TokenLogprobs;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One submitted request on its way: its sequences (one per sample) and what they have delivered.
 * Prepared by the submitting thread, then owned by the engine's thread. Keeps I8: {@link #outcome}
 * becomes non-null exactly once.
 */
final class RequestState {

  private final long ticket;
  private final int owner;
  private final Request request;
  private final String numericsId;
  private final int[] promptTokenIds;
  private final PageHash[] pageHashes;
  private final @Nullable Sample[] samples;
  private @Nullable TokenLogprobs promptLogprobs;
  private @Nullable Outcome outcome;
  private int openSamples;

  /**
   * Hashes the prompt's pages, so that the engine's thread need not.
   *
   * @param numericsId of the engine that it goes to
   */
  RequestState(long ticket, int owner, Request request, int pageSize, String numericsId) {
    this.numericsId = numericsId;
    this.ticket = ticket;
    this.owner = owner;
    this.request = request;
    this.promptTokenIds = request.promptTokenIds();
    // Scoring a prompt needs the logits of all its tokens, so none may come from the cache.
    boolean isCacheable = request.sampling().promptLogprobs().isEmpty();
    this.pageHashes =
        isCacheable ? PageHash.ofFullPages(promptTokenIds, pageSize) : new PageHash[0];
    this.openSamples = request.sampling().n();
    this.samples = new Sample[openSamples];
  }

  long ticket() {
    return ticket;
  }

  /** The number of the client that submitted the request. */
  int owner() {
    return owner;
  }

  Request request() {
    return request;
  }

  /** Shared by all sequences of the request; not to be changed. */
  int[] promptTokenIds() {
    return promptTokenIds;
  }

  /** Hashes of the prompt's full pages; empty if the prompt may not come from the cache. */
  PageHash[] pageHashes() {
    return pageHashes;
  }

  /** How the request ended, or null while it has not. */
  @Nullable Outcome outcome() {
    return outcome;
  }

  void deliver(Sample sample) {
    samples[sample.sampleIndex()] = sample;
    openSamples--;
    if (openSamples == 0 && outcome == null) {
      outcome = new Outcome.Completion(ticket, List.of(samples), promptLogprobs, numericsId);
    }
  }

  void deliverPromptLogprobs(TokenLogprobs logprobs) {
    promptLogprobs = logprobs;
  }

  void reject(RejectionCode code, String message) {
    if (outcome == null) {
      outcome = new Outcome.Rejection(ticket, code, message);
    }
  }
}
