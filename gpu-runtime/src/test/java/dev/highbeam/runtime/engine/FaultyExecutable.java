// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.StepOutput;
import java.util.Arrays;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** An executable that sees other batches than it was given, as a device with a fault would. */
final class FaultyExecutable implements Executable {

  private final Executable healthy;
  private final Capacity capacity;
  private final BiConsumer<ForwardBatch, Integer> damage;
  private final boolean copiesFirstStep;
  private final Consumer<StepOutput> answer;
  private int launches;

  private FaultyExecutable(
      Executable healthy,
      Capacity capacity,
      BiConsumer<ForwardBatch, Integer> damage,
      boolean copiesFirstStep,
      Consumer<StepOutput> answer) {
    this.answer = answer;
    this.healthy = healthy;
    this.capacity = capacity;
    this.damage = damage;
    this.copiesFirstStep = copiesFirstStep;
  }

  /** Damages each batch; the damage also gets the number of the step, from 0. */
  static FaultyBackend.Fault damaging(BiConsumer<ForwardBatch, Integer> damage) {
    return (backend, program, capacity) ->
        new FaultyExecutable(
            backend.compile(program, capacity), capacity, damage, false, output -> {});
  }

  /** Changes what comes back from each step. */
  static Executable answering(Executable healthy, Capacity capacity, Consumer<StepOutput> answer) {
    return new FaultyExecutable(healthy, capacity, (batch, step) -> {}, false, answer);
  }

  /**
   * The fault of llama.cpp#4991: attention of every step after the first reads a copy of the KV
   * cache that was made in the first, while new keys and values go to the cache itself. The copy
   * lies in pages behind those that the engine knows.
   */
  static Executable withStaleKvCopy(Backend backend, Program program, Capacity capacity) {
    Capacity doubled =
        new Capacity(
            capacity.maxStepTokens(),
            capacity.maxSequences(),
            capacity.maxModelLength(),
            capacity.pageSize(),
            2 * capacity.pageCount());
    return new FaultyExecutable(
        backend.compile(program, doubled),
        capacity,
        (batch, step) -> {
          if (step > 0) {
            readCopy(batch, capacity);
          }
        },
        true,
        output -> {});
  }

  private static void readCopy(ForwardBatch batch, Capacity capacity) {
    Arrays.setAll(batch.pageIndices, i -> batch.pageIndices[i] + capacity.pageCount());
  }

  @Override
  public void launch(ForwardBatch batch) {
    int step = launches++;
    if (step == 0 && copiesFirstStep) {
      int[] pages = batch.pageIndices.clone();
      int[] slots = batch.slotMapping.clone();
      readCopy(batch, capacity);
      int behind = capacity.pageCount() * capacity.pageSize();
      Arrays.setAll(batch.slotMapping, i -> batch.slotMapping[i] + behind);
      healthy.launch(batch);
      StepOutput unused = healthy.await();
      Arrays.setAll(batch.pageIndices, i -> pages[i]);
      Arrays.setAll(batch.slotMapping, i -> slots[i]);
    }
    damage.accept(batch, step);
    healthy.launch(batch);
  }

  @Override
  public StepOutput await() {
    StepOutput output = healthy.await();
    answer.accept(output);
    return output;
  }

  @Override
  public String currentOp() {
    return healthy.currentOp();
  }

  @Override
  public void close() {
    healthy.close();
  }
}
