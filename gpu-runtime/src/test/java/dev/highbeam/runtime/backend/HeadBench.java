// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.highbeam.runtime.sampling.SampledToken;
import dev.highbeam.runtime.sampling.Sampler;
import dev.highbeam.runtime.sampling.SequenceSampling;
import java.util.ArrayList;
import java.util.List;

/** Runs the head alone: the logits after token t are row t of a given table. */
final class HeadBench implements AutoCloseable {

  private final Backend backend;
  private final int vocabularySize;
  private final float[] table;
  private final Capacity capacity;
  private final Executable executable;

  HeadBench(BackendUnderTest under, int vocabularySize, float[] rows, int maxTokens) {
    this.backend = under.backend();
    this.vocabularySize = vocabularySize;
    this.table = rows;
    InMemoryWeights weights =
        InMemoryWeights.of("logits", DType.F32, rows, rows.length / vocabularySize, vocabularySize);
    Program.Builder program = Program.builder(vocabularySize);
    Buffer all = program.buffer("all", Buffer.Rows.TOKENS, vocabularySize, DType.F32);
    Buffer logits = program.buffer("logits", Buffer.Rows.LOGIT_ROWS, vocabularySize, DType.F32);
    program.body(new Op.Embed("embed", all, backend.packTable(weights, DType.F32), 1));
    program.head(new Op.Gather("gather", logits, all));
    program.head(new Op.ScoreOrSample("sample", logits));
    this.capacity = new Capacity(maxTokens, 4, maxTokens, 16, (maxTokens + 15) / 16);
    this.executable = backend.compile(program.build(), capacity);
  }

  Capacity capacity() {
    return capacity;
  }

  StepOutput run(TestSteps steps) {
    executable.launch(steps.build());
    return executable.await();
  }

  /** Generates tokens, each fed back through its slot, and compares each with the oracle's. */
  void checkChain(TestSequence sequence, SequenceSampling oracle, int count, int alternatives) {
    Sampler sampler = new Sampler(vocabularySize);
    SampledToken expected = new SampledToken();
    SequenceSampling state = oracle;
    List<Integer> known = new ArrayList<>(sequence.tokenIds);
    for (int i = 0; i < count; i++) {
      int last = sequence.tokenCount() - 1;
      sequence.sampleAt(last, alternatives);
      StepOutput output =
          run(new TestSteps(capacity).add(sequence, last + 1 - sequence.computedCount));
      int row = state.lastTokenId();
      sampler.sample(table, row * vocabularySize, state, last + 1, alternatives, expected);
      String what = sequence.sampling + " token " + i;
      assertThat(output.tokenId(0)).as(what).isEqualTo(expected.tokenId());
      assertThat(output.logprob(0)).as(what).isCloseTo(expected.logprob(), within(2e-6f));
      for (int j = 0; j < alternatives; j++) {
        assertThat(output.topTokenId(0, j)).as(what).isEqualTo(expected.topTokenId(j));
        assertThat(output.topLogprob(0, j))
            .as(what)
            .isCloseTo(expected.topLogprob(j), within(2e-6f));
      }
      known.add(expected.tokenId() % rowCount());
      if (expected.tokenId() < rowCount()) {
        sequence.appendFromSlot();
        state.accept(expected.tokenId());
      } else {
        state = goOn(sequence, known);
      }
    }
  }

  /** Tokens that can be fed back: those with a row of logits. */
  private int rowCount() {
    return table.length / vocabularySize;
  }

  /** Goes on from known tokens, as after a preemption: what was sampled has no row of logits. */
  private SequenceSampling goOn(TestSequence sequence, List<Integer> known) {
    sequence.tokenIds.clear();
    sequence.tokenIds.addAll(known);
    sequence.restart();
    return new SequenceSampling(
        sequence.sampling,
        sequence.sampleIndex,
        sequence.promptLength,
        known.stream().mapToInt(id -> id).toArray(),
        known.size(),
        sequence.endTokenIds,
        vocabularySize);
  }

  @Override
  public void close() {
    executable.close();
    backend.close();
  }
}
