// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A sequence as the contract's tests see it: tokens, pages, a state slot, and the logit rows it
 * wants. {@link TestSteps} puts pieces of it into batches.
 */
public final class TestSequence {

  /** A logit row that is wanted for the token at a position. */
  record Wanted(int position, int target, int alternatives) {}

  final int slot;
  final int promptLength;
  final List<Integer> tokenIds = new ArrayList<>();
  final List<Wanted> wanted = new ArrayList<>();
  int[] pages;
  SamplingParams sampling = params();
  int sampleIndex;
  int[] endTokenIds = {};
  int computedCount;
  boolean isAssigned;

  /** A sequence with these tokens, of which the first promptLength are the prompt. */
  public TestSequence(int slot, int promptLength, int... tokenIds) {
    this.slot = slot;
    this.promptLength = promptLength;
    Arrays.stream(tokenIds).forEach(this.tokenIds::add);
    this.pages = new int[0];
  }

  /** Parameters with seed 7 and the given pairs of setting and value. */
  public static SamplingParams params(Object... settings) {
    Settings<SamplingSetting> layer =
        Settings.none(SamplingSetting.class).with(SamplingSetting.SEED, 7L);
    for (int i = 0; i < settings.length; i += 2) {
      layer = layer.with((SamplingSetting) settings[i], settings[i + 1]);
    }
    return SamplingParams.of(layer);
  }

  /** The pages that hold its keys and values, by position. */
  public TestSequence pages(int... ids) {
    pages = ids;
    return this;
  }

  /** Pages from the first id on, enough for the tokens so far and a few more. */
  public TestSequence pagesFrom(int first, int pageSize, int tokenCount) {
    pages = new int[(tokenCount + pageSize - 1) / pageSize];
    for (int p = 0; p < pages.length; p++) {
      pages[p] = first + p;
    }
    return this;
  }

  public TestSequence sampling(SamplingParams params, int index, int... endIds) {
    sampling = params;
    sampleIndex = index;
    endTokenIds = endIds;
    return this;
  }

  /** Wants a token sampled after the one at the position. */
  public TestSequence sampleAt(int position, int alternatives) {
    wanted.add(new Wanted(position, ForwardBatch.SAMPLE, alternatives));
    return this;
  }

  /** Wants the log-probability of the target after the token at the position. */
  public TestSequence scoreAt(int position, int target, int alternatives) {
    wanted.add(new Wanted(position, target, alternatives));
    return this;
  }

  /** Appends a known token. */
  public TestSequence append(int tokenId) {
    tokenIds.add(tokenId);
    return this;
  }

  /** Appends the token that the device sampled last, without knowing it. */
  public TestSequence appendFromSlot() {
    return append(-slot - 1);
  }

  public int tokenCount() {
    return tokenIds.size();
  }

  /** Takes the first count tokens as computed already. */
  public TestSequence computed(int count) {
    computedCount = count;
    return this;
  }

  /** Begins again from the first token, as after a preemption: slot assigned anew, no rows. */
  public TestSequence restart() {
    wanted.clear();
    computedCount = 0;
    isAssigned = false;
    return this;
  }
}
