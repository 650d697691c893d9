// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.highbeam.runtime.sampling.SampledToken;
import dev.highbeam.runtime.sampling.Sampler;
import dev.highbeam.runtime.sampling.SequenceSampling;

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
    for (int i = 0; i < count; i++) {
      int last = sequence.tokenCount() - 1;
      sequence.sampleAt(last, alternatives);
      StepOutput output =
          run(new TestSteps(capacity).add(sequence, last + 1 - sequence.computedCount));
      int row = oracle.lastTokenId() % (table.length / vocabularySize);
      sampler.sample(table, row * vocabularySize, oracle, last + 1, alternatives, expected);
      oracle.accept(expected.tokenId());
      String what = sequence.sampling + " token " + i;
      assertThat(output.tokenId(0)).as(what).isEqualTo(expected.tokenId());
      assertThat(output.logprob(0)).as(what).isCloseTo(expected.logprob(), within(2e-6f));
      for (int j = 0; j < alternatives; j++) {
        assertThat(output.topTokenId(0, j)).as(what).isEqualTo(expected.topTokenId(j));
        assertThat(output.topLogprob(0, j))
            .as(what)
            .isCloseTo(expected.topLogprob(j), within(2e-6f));
      }
      feedBack(sequence, expected.tokenId());
    }
  }

  /** Through the slot where the token has a row; else another token that the caller knows. */
  private void feedBack(TestSequence sequence, int tokenId) {
    int rows = table.length / vocabularySize;
    if (tokenId < rows) {
      sequence.appendFromSlot();
    } else {
      sequence.append(tokenId % rows);
    }
  }

  @Override
  public void close() {
    executable.close();
    backend.close();
  }
}
