// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.PageRoom;
import dev.highbeam.runtime.backend.Program;
import java.util.Locale;

/**
 * Where the memory goes: weights are there already, activations are known from the program, pages
 * take what is left of the engine's share. Values that the user gave are never changed; if they do
 * not fit, the plan fails and says what would.
 *
 * @param capacity limits to compile for
 * @param weightBytes bytes of the packed weights
 * @param activationBytes bytes of the program's buffers and of what the backend adds to them
 * @param kvBytes bytes of all pages
 */
record MemoryPlan(Capacity capacity, long weightBytes, long activationBytes, long kvBytes) {

  /**
   * Plans for a program whose weights are packed.
   *
   * @param maxModelLength most tokens of a sequence
   */
  static MemoryPlan of(
      EngineConfig config, Program program, int maxModelLength, long weightBytes, Backend backend) {
    // The page count does not matter to the size of the buffers.
    Capacity onePage = capacity(config, maxModelLength, 1);
    PageRoom room = backend.pageRoom(program, onePage, config.memoryFraction());
    long pageBytes = room.pageBytes();
    long most = (long) onePage.maxPagesPerSequence() * config.maxSequences();
    long budget = config.kvCacheBytes().orElse(room.budget());
    long fitting = Math.max(0, Math.min(most, budget / pageBytes));
    long pages = config.pageCount().isPresent() ? config.pageCount().getAsInt() : fitting;
    if (pages < onePage.maxPagesPerSequence()) {
      throw EngineException.configuration(
          String.format(
              Locale.ROOT,
              "the KV cache has room for %d tokens, but one sequence may have max_model_len = %d;"
                  + " lower max_model_len to %d or give the cache %s more",
              pages * config.pageSize(),
              maxModelLength,
              Math.max(0, pages * config.pageSize()),
              mebibytes((onePage.maxPagesPerSequence() - pages) * pageBytes)));
    }
    int pageCount = (int) Math.min(pages, Integer.MAX_VALUE / config.pageSize());
    return new MemoryPlan(
        capacity(config, maxModelLength, pageCount),
        weightBytes,
        room.executableBytes(),
        pageCount * pageBytes);
  }

  /** One line for people. */
  String describe() {
    return String.format(
        Locale.ROOT,
        "weights %s, activations %s, KV cache %s = %d pages of %d tokens",
        mebibytes(weightBytes),
        mebibytes(activationBytes),
        mebibytes(kvBytes),
        capacity.pageCount(),
        capacity.pageSize());
  }

  private static Capacity capacity(EngineConfig config, int maxModelLength, int pageCount) {
    return new Capacity(
        config.maxStepTokens(),
        config.maxSequences(),
        maxModelLength,
        config.pageSize(),
        pageCount);
  }

  private static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20));
  }
}
