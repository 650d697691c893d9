// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static dev.highbeam.runtime.api.Checks.checkState;

import dev.highbeam.runtime.api.FinishReason;
import dev.highbeam.runtime.api.Sample;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.TokenIds;
import dev.highbeam.runtime.backend.StepOutput;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The growing token stream of one sample. Prefill, chunked prefill, decode and recompute after a
 * preemption are one case: {@link #missingTokenCount} tokens still have to be computed.
 *
 * <p>Counts run ahead of the device: a token counts as computed once its step is scheduled, because
 * steps run in order; a sampled token whose step is in flight is pending. Keeps I3: computed <=
 * tokens + pending, and the page table covers what is computed.
 */
final class Sequence {

  /** Where a sequence is in its life. */
  enum Status {
    WAITING,
    RUNNING,
    FINISHED
  }

  private static final int NO_SLOT = -1;

  private final RequestState request;
  private final int sampleIndex;
  private final int maxOutputTokens;
  private final StopChecker stopChecker;
  private final RepetitionTracker repetition;
  private final PageTable pageTable = new PageTable();
  private final @Nullable LogprobRecorder outputLogprobs;
  private final @Nullable LogprobRecorder promptLogprobs;

  private Status status = Status.WAITING;
  private int[] tokenIds;
  private int tokenCount;
  private int pendingTokenCount;
  private int computedTokenCount;
  private int publishedPageCount;
  private int stateSlot = NO_SLOT;
  private int cachedTokenCount;
  private int hitTokenCount;
  private boolean wasAdmitted;
  private double cumulativeLogprob;

  Sequence(RequestState request, int sampleIndex, int maxModelLength, StopChecker stopChecker) {
    this.request = request;
    this.sampleIndex = sampleIndex;
    this.stopChecker = stopChecker;
    int[] prompt = request.promptTokenIds();
    SamplingParams sampling = request.request().sampling();
    this.repetition = new RepetitionTracker(sampling.repetitionDetection().orElse(null));
    int room = maxModelLength - prompt.length;
    maxOutputTokens = Math.min(room, sampling.maxTokens().orElse(room));
    tokenIds = Arrays.copyOf(prompt, prompt.length + Math.min(maxOutputTokens, 64));
    tokenCount = prompt.length;
    outputLogprobs =
        sampling.logprobs().isPresent()
            ? new LogprobRecorder(sampling.logprobs().getAsInt())
            : null;
    promptLogprobs =
        sampling.promptLogprobs().isPresent() && sampleIndex == 0
            ? new LogprobRecorder(sampling.promptLogprobs().getAsInt())
            : null;
  }

  RequestState request() {
    return request;
  }

  int sampleIndex() {
    return sampleIndex;
  }

  Status status() {
    return status;
  }

  PageTable pageTable() {
    return pageTable;
  }

  int promptTokenCount() {
    return request.promptTokenIds().length;
  }

  /** Tokens known on the host: prompt and output. */
  int tokenCount() {
    return tokenCount;
  }

  int outputTokenCount() {
    return tokenCount - promptTokenCount();
  }

  int tokenId(int position) {
    return tokenIds[position];
  }

  /** The array behind the tokens; only the first tokenCount count. */
  int[] tokenIds() {
    return tokenIds;
  }

  int computedTokenCount() {
    return computedTokenCount;
  }

  /** Tokens that exist on the device, those that the host has not seen yet included. */
  int deviceTokenCount() {
    return tokenCount + pendingTokenCount;
  }

  /** Tokens to compute before the next one can be sampled; 0 if none will be sampled any more. */
  int missingTokenCount() {
    boolean isComplete = deviceTokenCount() - promptTokenCount() >= maxOutputTokens;
    return isComplete ? 0 : deviceTokenCount() - computedTokenCount;
  }

  /** Tokens that the prefix cache gave at the last admission. */
  int hitTokenCount() {
    return hitTokenCount;
  }

  int stateSlot() {
    return stateSlot;
  }

  int publishedPageCount() {
    return publishedPageCount;
  }

  void setPublishedPageCount(int count) {
    publishedPageCount = count;
  }

  /** Prompt positions from which on log-probabilities are still wanted; prompt length if none. */
  int firstUnscoredPosition() {
    return promptLogprobs == null ? promptTokenCount() : promptLogprobs.count();
  }

  int promptAlternatives() {
    return promptLogprobs == null ? 0 : promptLogprobs.alternatives();
  }

  int outputAlternatives() {
    return outputLogprobs == null ? 0 : outputLogprobs.alternatives();
  }

  /** From waiting to running, with the first tokens taken from the prefix cache. */
  void admit(int slot, int hitTokenCount, int hitPageCount) {
    checkState(status == Status.WAITING, "a %s sequence is admitted", status);
    checkState(pendingTokenCount == 0, "a sequence with a token in flight is admitted");
    status = Status.RUNNING;
    stateSlot = slot;
    this.hitTokenCount = hitTokenCount;
    computedTokenCount = hitTokenCount;
    publishedPageCount = hitPageCount;
    if (!wasAdmitted) {
      // Hits after a preemption find mostly this sequence's own pages: they are not savings.
      cachedTokenCount = hitTokenCount;
      wasAdmitted = true;
    }
  }

  /** Back from running to waiting; the caller has taken the pages. */
  int preempt() {
    checkState(status == Status.RUNNING, "a %s sequence is preempted", status);
    status = Status.WAITING;
    computedTokenCount = 0;
    publishedPageCount = 0;
    return takeSlot();
  }

  /** The next tokens are scheduled; if that is all of them, one more is being sampled. */
  void schedule(int count) {
    computedTokenCount += count;
    checkState(
        computedTokenCount <= deviceTokenCount(),
        "%s tokens computed of %s",
        computedTokenCount,
        deviceTokenCount());
    if (computedTokenCount == deviceTokenCount()) {
      pendingTokenCount++;
    }
  }

  /** Takes one scored prompt token over. */
  void commitPromptLogprob(StepOutput output, int row) {
    if (promptLogprobs != null) {
      promptLogprobs.add(output, row);
    }
  }

  /** Takes the sampled token over and finds out whether it ends the sequence. */
  @Nullable FinishReason commit(StepOutput output, int row) {
    pendingTokenCount--;
    int token = output.tokenId(row);
    if (tokenCount == tokenIds.length) {
      tokenIds = Arrays.copyOf(tokenIds, tokenCount * 2);
    }
    tokenIds[tokenCount++] = token;
    cumulativeLogprob += output.logprob(row);
    if (outputLogprobs != null) {
      outputLogprobs.add(output, row);
    }
    repetition.accept(tokenIds, promptTokenCount(), tokenCount);
    if (stopChecker.accept(token, outputTokenCount())) {
      return FinishReason.STOP;
    }
    if (outputTokenCount() >= maxOutputTokens) {
      return FinishReason.LENGTH;
    }
    boolean mayEnd = outputTokenCount() >= request.request().sampling().minTokens();
    return mayEnd && repetition.isCaught() ? FinishReason.REPETITION : null;
  }

  /** Whether the output holds a loop as a broken device makes them. */
  boolean isRepeating() {
    return repetition.isDegenerate();
  }

  /** Ends the sequence; returns the state slot that it held, or -1. */
  int finish() {
    status = Status.FINISHED;
    return takeSlot();
  }

  /** What the finished sequence delivers to its request. */
  void deliver(FinishReason reason) {
    if (promptLogprobs != null) {
      request.deliverPromptLogprobs(promptLogprobs.toTokenLogprobs());
    }
    request.deliver(
        new Sample(
            sampleIndex,
            TokenIds.of(Arrays.copyOfRange(tokenIds, promptTokenCount(), tokenCount)),
            reason,
            reason == FinishReason.STOP ? stopChecker.stopReason() : null,
            outputTokenCount() - stopChecker.silentTokenCount(),
            stopChecker.textEnd(),
            cumulativeLogprob,
            outputLogprobs == null ? null : outputLogprobs.toTokenLogprobs(),
            isRepeating(),
            cachedTokenCount));
  }

  private int takeSlot() {
    int slot = stateSlot;
    stateSlot = NO_SLOT;
    return slot;
  }
}
