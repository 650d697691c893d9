// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static dev.highbeam.runtime.api.Checks.checkState;

import dev.highbeam.runtime.backend.Capacity;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Decides what each step computes: first the running sequences in order, then waiting ones while
 * budget, state slots and pages last. Out of pages, the last running sequence gives all of its
 * pages back and goes to the front of the waiting; in such a step nothing is admitted. Prompt pages
 * are published as soon as their step is planned: steps run in order, and inside a step keys and
 * values are written before they are read.
 *
 * <p>Keeps I2 (shared pages are never written: a hit ends on a page border and before the last
 * token), I3, I5 (tokens within budget, sequences within limit) and I6 (the first running sequence
 * is never without pages, so every non-idle step makes progress). Single-threaded.
 */
final class Scheduler {

  private final Capacity capacity;
  private final int maxChunkTokens;
  private final boolean prefixCaching;
  private final PrefixCache prefixCache;
  private final KvPagePool pool;
  private final Deque<Sequence> waiting = new ArrayDeque<>();
  private final List<Sequence> running = new ArrayList<>();
  private final Deque<Integer> freeStateSlots = new ArrayDeque<>();

  Scheduler(Capacity capacity, int maxChunkTokens, boolean prefixCaching) {
    checkState(
        capacity.pageCount() >= capacity.maxPagesPerSequence(),
        "%s pages cannot hold one sequence of %s tokens",
        capacity.pageCount(),
        capacity.maxModelLength());
    this.capacity = capacity;
    this.maxChunkTokens = maxChunkTokens;
    this.prefixCaching = prefixCaching;
    prefixCache = new PrefixCache(capacity.pageCount());
    pool = new KvPagePool(capacity.pageCount(), prefixCache);
    for (int slot = 0; slot < capacity.maxSequences(); slot++) {
      freeStateSlots.add(slot);
    }
  }

  void add(Sequence sequence) {
    waiting.addLast(sequence);
  }

  boolean isIdle() {
    return running.isEmpty() && waiting.isEmpty();
  }

  int runningCount() {
    return running.size();
  }

  int waitingCount() {
    return waiting.size();
  }

  KvPagePool pool() {
    return pool;
  }

  /** Plans the next step; empty if all that is left waits for steps in flight. */
  Step schedule() {
    Step step = new Step();
    scheduleRunning(step);
    if (step.preemptionCount() == 0) {
      admitWaiting(step);
    }
    return step;
  }

  /** Takes a sequence out and its pages back; harmless if it has ended already. */
  void remove(Sequence sequence) {
    switch (sequence.status()) {
      case WAITING -> waiting.remove(sequence);
      case RUNNING -> running.remove(sequence);
      case FINISHED -> {
        return;
      }
    }
    pool.releaseAll(sequence.pageTable());
    int slot = sequence.finish();
    if (slot >= 0) {
      freeStateSlots.addFirst(slot);
    }
  }

  private void scheduleRunning(Step step) {
    for (int i = 0; i < running.size(); i++) {
      Sequence sequence = running.get(i);
      int count = chunkLength(sequence.missingTokenCount(), step);
      if (count == 0) {
        continue;
      }
      while (pagesNeeded(sequence, count) > pool.availableCount()) {
        Sequence victim = running.get(running.size() - 1);
        preempt(victim, step);
        if (victim == sequence) {
          return;
        }
      }
      schedule(sequence, count, step);
    }
  }

  private void admitWaiting(Step step) {
    while (!waiting.isEmpty() && !freeStateSlots.isEmpty()) {
      Sequence sequence = waiting.peekFirst();
      int hitPages = cachedPageCount(sequence);
      int hitTokens = hitPages * capacity.pageSize();
      int count = chunkLength(sequence.deviceTokenCount() - hitTokens, step);
      int pagesNeeded = pagesFor(hitTokens + count) - hitPages;
      if (count == 0 || pagesNeeded > pool.availableCount() - idlePageCount(sequence, hitPages)) {
        return;
      }
      waiting.removeFirst();
      for (int i = 0; i < hitPages; i++) {
        pool.share(prefixCache.lookup(sequence.request().pageHashes()[i]), sequence.pageTable());
      }
      sequence.admit(freeStateSlots.removeFirst(), hitTokens, hitPages);
      running.add(sequence);
      step.addAdmitted(sequence);
      schedule(sequence, count, step);
    }
  }

  private int chunkLength(int missing, Step step) {
    int budget = capacity.maxStepTokens() - step.tokenCount();
    return Math.min(missing, Math.min(maxChunkTokens, budget));
  }

  private void schedule(Sequence sequence, int count, Step step) {
    pool.allocate(pagesNeeded(sequence, count), sequence.pageTable());
    step.add(sequence, count);
    publishPrompt(sequence);
  }

  private void preempt(Sequence sequence, Step step) {
    running.remove(running.size() - 1);
    pool.releaseAll(sequence.pageTable());
    freeStateSlots.addFirst(sequence.preempt());
    waiting.addFirst(sequence);
    step.countPreemption();
  }

  /** Publishes the full pages of PROMPT tokens that are planned by now. */
  private void publishPrompt(Sequence sequence) {
    if (!prefixCaching) {
      return;
    }
    PageHash[] hashes = sequence.request().pageHashes();
    int fullPages = Math.min(hashes.length, sequence.computedTokenCount() / capacity.pageSize());
    for (int i = sequence.publishedPageCount(); i < fullPages; i++) {
      prefixCache.publish(hashes[i], sequence.pageTable().page(i));
    }
    sequence.setPublishedPageCount(Math.max(fullPages, sequence.publishedPageCount()));
  }

  /** Leading pages of the prompt that the cache holds; never all tokens, one is left to compute. */
  private int cachedPageCount(Sequence sequence) {
    if (!prefixCaching) {
      return 0;
    }
    PageHash[] hashes = sequence.request().pageHashes();
    int most = Math.min(hashes.length, (sequence.deviceTokenCount() - 1) / capacity.pageSize());
    int count = 0;
    while (count < most && prefixCache.lookup(hashes[count]) >= 0) {
      count++;
    }
    return count;
  }

  /** How many of the first hitPages cached pages are idle: sharing them uses them up. */
  private int idlePageCount(Sequence sequence, int hitPages) {
    int idle = 0;
    for (int i = 0; i < hitPages; i++) {
      idle += pool.isIdle(prefixCache.lookup(sequence.request().pageHashes()[i])) ? 1 : 0;
    }
    return idle;
  }

  private int pagesNeeded(Sequence sequence, int count) {
    return Math.max(
        0, pagesFor(sequence.computedTokenCount() + count) - sequence.pageTable().count());
  }

  private int pagesFor(int tokens) {
    return (tokens + capacity.pageSize() - 1) / capacity.pageSize();
  }
}
