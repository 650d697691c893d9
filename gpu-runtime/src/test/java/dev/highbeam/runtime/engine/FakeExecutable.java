// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.SlotAssignment;
import dev.highbeam.runtime.backend.StepOutput;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * A model-free executable: the KV cache holds token ids, and the next token is a hash of the
 * context read back through the page table, the seed and the sample index. Checks I4 and the shape
 * of every batch. Token {@link #POISON} in a context makes its logits non-finite, {@link #FLAT} all
 * equal; {@link #LOOP} at its beginning makes it repeat its last p tokens, p being the next one.
 */
final class FakeExecutable implements Executable {

  static final int VOCABULARY = 99;
  static final int POISON = 96;
  static final int FLAT = 97;
  static final int LOOP = 98;
  private static final int MAX_ALTERNATIVES = 20;

  private final Capacity capacity;
  private final int[] kvTokens;
  private final int[] kvPositions;
  private final int[] lastToken;
  private final @Nullable SlotAssignment[] slots;
  private final Deque<StepOutput> done = new ArrayDeque<>();
  private int launches;
  private int failAtLaunch = Integer.MAX_VALUE;
  private int hangAtLaunch = Integer.MAX_VALUE;
  private int hangAtAwait = Integer.MAX_VALUE;
  private int awaits;
  private int widestBatch;
  private final CountDownLatch released = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);

  FakeExecutable(Capacity capacity) {
    this.capacity = capacity;
    kvTokens = new int[capacity.pageCount() * capacity.pageSize()];
    kvPositions = new int[kvTokens.length];
    Arrays.fill(kvPositions, -1);
    lastToken = new int[capacity.maxSequences()];
    slots = new SlotAssignment[capacity.maxSequences()];
  }

  /** The n-th launch from now on throws a fatal error. */
  void failAtLaunch(int n) {
    failAtLaunch = launches + n;
  }

  /** The n-th launch from now on does not return before {@link #release}. */
  void hangAtLaunch(int n) {
    hangAtLaunch = launches + n;
  }

  /** The n-th await from now on does not return before {@link #release}. */
  void hangAtAwait(int n) {
    hangAtAwait = awaits + n;
  }

  /** Lets what hangs go on. */
  void release() {
    released.countDown();
  }

  int launches() {
    return launches;
  }

  /** Most tokens that one step held. */
  int widestBatch() {
    return widestBatch;
  }

  boolean isClosed() {
    return closed.getCount() == 0;
  }

  /** Waits until the engine's thread has closed this. */
  void awaitClose() throws InterruptedException {
    closed.await();
  }

  @Override
  public void launch(ForwardBatch batch) {
    launches++;
    if (launches >= failAtLaunch) {
      throw EngineException.fatal("planted fault in step " + launches, null);
    }
    if (launches >= hangAtLaunch) {
      hang();
    }
    check(done.size() < 2, "more than two steps in flight");
    check(batch.tokenCount() <= capacity.maxStepTokens(), "too many tokens");
    widestBatch = Math.max(widestBatch, batch.tokenCount());
    for (SlotAssignment assignment : batch.assignments()) {
      slots[assignment.slot()] = assignment;
      lastToken[assignment.slot()] = assignment.tokenIds()[assignment.tokenCount() - 1];
    }
    append(batch);
    StepOutput output = new StepOutput(Math.max(1, batch.logitCount()), MAX_ALTERNATIVES);
    Set<Integer> sampledSlots = new HashSet<>();
    for (int entry = 0; entry < batch.entryCount(); entry++) {
      for (int r = batch.logitIndptr[entry]; r < batch.logitIndptr[entry + 1]; r++) {
        if (batch.logitTargets[r] == ForwardBatch.SAMPLE) {
          check(sampledSlots.add(batch.stateSlots[entry]), "a slot samples twice in a step");
        }
        computeRow(batch, entry, r, output);
      }
    }
    done.addLast(output);
  }

  @Override
  public StepOutput await() {
    awaits++;
    if (awaits >= hangAtAwait) {
      hang();
    }
    return done.removeFirst();
  }

  private void hang() {
    try {
      released.await();
    } catch (InterruptedException e) {
      throw new AssertionError("nobody interrupts the engine's thread", e);
    }
  }

  @Override
  public String currentOp() {
    return "fake";
  }

  @Override
  public void close() {
    closed.countDown();
  }

  /** The token that follows a context; what the engine must produce whatever it did on the way. */
  static int nextToken(int[] context, int length, SamplingParams sampling, int sampleIndex) {
    if (context[0] == LOOP) {
      return context[length - context[1]];
    }
    long hash = 0x9E3779B97F4A7C15L;
    for (int i = 0; i < length; i++) {
      hash = mix(hash ^ context[i]);
    }
    if (!sampling.isGreedy()) {
      hash = mix(hash ^ mix(sampling.seed().orElseThrow() * 31 + sampleIndex));
    }
    return (int) Long.remainderUnsigned(hash, POISON);
  }

  /** The log-probability that a token gets after a context of that length. */
  static float logprob(int token, int length) {
    return -(token + 1) / (float) (length + 1);
  }

  private void append(ForwardBatch batch) {
    Set<Integer> written = new HashSet<>();
    for (int entry = 0; entry < batch.entryCount(); entry++) {
      boolean isPrompt = entry < batch.promptEntryCount();
      SlotAssignment slot = slots[batch.stateSlots[entry]];
      check(slot != null, "an entry uses a slot that was never assigned");
      for (int t = batch.queryIndptr[entry]; t < batch.queryIndptr[entry + 1]; t++) {
        int id = batch.tokenIds[t];
        int token = id >= 0 ? id : lastToken[-id - 1];
        check(written.add(batch.slotMapping[t]), "I4: a KV slot is written twice in a step");
        check(
            isPrompt == batch.positions[t] < slot.promptLength(),
            "an entry mixes PROMPT and OUTPUT tokens");
        kvTokens[batch.slotMapping[t]] = token;
        kvPositions[batch.slotMapping[t]] = batch.positions[t];
      }
    }
  }

  private void computeRow(ForwardBatch batch, int entry, int r, StepOutput output) {
    int row = batch.logitRows[r];
    check(
        row >= batch.queryIndptr[entry] && row < batch.queryIndptr[entry + 1],
        "a logit row lies outside its entry");
    int length = batch.positions[row] + 1;
    int[] context = readContext(batch, entry, length);
    boolean isPoisoned = Arrays.stream(context).anyMatch(t -> t == POISON);
    SlotAssignment slot = slots[batch.stateSlots[entry]];
    check(slot != null, "a row samples for a slot that was never assigned");
    int token = batch.logitTargets[r];
    if (token == ForwardBatch.SAMPLE) {
      token = nextToken(context, length, slot.sampling(), slot.sampleIndex());
      lastToken[batch.stateSlots[entry]] = token;
    }
    output.setToken(r, token, logprob(token, length), isPoisoned);
    if (Arrays.stream(context).anyMatch(t -> t == FLAT)) {
      output.setUniform(r);
    }
    for (int j = 0; j < batch.logitAlternatives[r]; j++) {
      output.setAlternative(r, j, (token + j) % VOCABULARY, -j);
    }
  }

  private int[] readContext(ForwardBatch batch, int entry, int length) {
    int firstPage = batch.pageIndptr[entry];
    int pages = batch.pageIndptr[entry + 1] - firstPage;
    int covered = (pages - 1) * capacity.pageSize() + batch.lastPageLength[entry];
    check(length <= covered, "the pages do not cover the context");
    int[] context = new int[length];
    for (int position = 0; position < length; position++) {
      int page = batch.pageIndices[firstPage + position / capacity.pageSize()];
      int slot = page * capacity.pageSize() + position % capacity.pageSize();
      check(kvPositions[slot] == position, "position " + position + " was never written there");
      context[position] = kvTokens[slot];
    }
    return context;
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  private static void check(boolean condition, String message) {
    if (!condition) {
      throw new AssertionError(message);
    }
  }
}
