// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

/**
 * Counters of an engine since its start, as one consistent snapshot. Of several engines that serve
 * as one they are sums; a step is then a step of one of them.
 *
 * @param steps steps that computed at least one token
 * @param promptTokens prompt tokens computed (again after preemptions)
 * @param cachedTokens prompt tokens taken from the prefix cache instead
 * @param outputTokens tokens generated and kept
 * @param finishedRequests requests that ended, either way
 * @param preemptions times a running sequence lost its pages
 * @param sequenceSteps sum over steps of the sequences in the step
 * @param sharedSteps steps that held requests of more than one client
 * @param inputSteps steps until the last request so far was taken in
 * @param inputSequenceSteps sum over those steps of the sequences in the step
 * @param running sequences running now
 * @param waiting sequences waiting now
 * @param pagesInUse pages that running sequences hold now
 * @param pageCount pages in all
 * @param stepNanos time spent in steps, waiting for the device included
 * @param deviceNanos of that, time in which the device computed
 * @param degenerate requests whose output looks broken
 */
public record EngineStats(
    long steps,
    long promptTokens,
    long cachedTokens,
    long outputTokens,
    long finishedRequests,
    long preemptions,
    long sequenceSteps,
    long sharedSteps,
    long inputSteps,
    long inputSequenceSteps,
    int running,
    int waiting,
    int pagesInUse,
    int pageCount,
    long stepNanos,
    long deviceNanos,
    DegenerateCounts degenerate) {

  /** Of an engine that has computed nothing yet. */
  static final EngineStats NONE =
      new EngineStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, DegenerateCounts.NONE);

  /** These counters after the engine's end: nothing runs, no page is left. */
  EngineStats ended() {
    return new EngineStats(
        steps,
        promptTokens,
        cachedTokens,
        outputTokens,
        finishedRequests,
        preemptions,
        sequenceSteps,
        sharedSteps,
        inputSteps,
        inputSequenceSteps,
        0,
        0,
        0,
        0,
        stepNanos,
        deviceNanos,
        degenerate);
  }

  /** The counters of two engines together. */
  EngineStats plus(EngineStats other) {
    return new EngineStats(
        steps + other.steps,
        promptTokens + other.promptTokens,
        cachedTokens + other.cachedTokens,
        outputTokens + other.outputTokens,
        finishedRequests + other.finishedRequests,
        preemptions + other.preemptions,
        sequenceSteps + other.sequenceSteps,
        sharedSteps + other.sharedSteps,
        inputSteps + other.inputSteps,
        inputSequenceSteps + other.inputSequenceSteps,
        running + other.running,
        waiting + other.waiting,
        pagesInUse + other.pagesInUse,
        pageCount + other.pageCount,
        stepNanos + other.stepNanos,
        deviceNanos + other.deviceNanos,
        degenerate.plus(other.degenerate));
  }

  /** Mean sequences per step while requests were still coming in; 0 before the first step. */
  public double meanRunningWhileInputLasted() {
    return inputSteps == 0 ? 0 : (double) inputSequenceSteps / inputSteps;
  }

  /** Mean sequences per step over all steps; 0 before the first step. */
  public double meanRunning() {
    return steps == 0 ? 0 : (double) sequenceSteps / steps;
  }
}
