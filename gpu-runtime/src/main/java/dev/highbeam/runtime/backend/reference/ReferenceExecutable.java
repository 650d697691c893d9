// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.reference;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.BatchCheck;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.KvGroup;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.SlotAssignment;
import dev.highbeam.runtime.backend.StepOutput;
import dev.highbeam.runtime.sampling.SampledToken;
import dev.highbeam.runtime.sampling.Sampler;
import dev.highbeam.runtime.sampling.SequenceSampling;
import java.util.Arrays;

/**
 * Interprets a program op by op, inside launch; await only hands the outputs over. Of three outputs
 * two may be in flight while the caller still reads the third.
 */
final class ReferenceExecutable implements Executable {

  private static final int MAX_IN_FLIGHT = 2;

  private final Program program;
  private final Capacity capacity;
  private final BatchCheck check;
  private final float[][] buffers;
  private final KvStore[] kvStores;
  private final SequenceSampling[] slots;
  private final Sampler sampler;
  private final SampledToken sampled = new SampledToken();
  private final StepOutput[] outputs = new StepOutput[MAX_IN_FLIGHT + 1];
  private final int[] visibleSlots;
  private final float[] scores;
  private long launchedCount;
  private long awaitedCount;
  private volatile String currentOp = "none";

  ReferenceExecutable(Program program, Capacity capacity) {
    this.program = program;
    this.capacity = capacity;
    this.check = new BatchCheck(capacity, program.vocabularySize());
    this.buffers = new float[program.buffers().size()][];
    for (Buffer buffer : program.buffers()) {
      buffers[buffer.index()] = new float[Math.multiplyExact(maxRows(buffer), buffer.width())];
      Arrays.fill(buffers[buffer.index()], Float.NaN);
    }
    this.kvStores = new KvStore[program.kvGroups().size()];
    for (KvGroup group : program.kvGroups()) {
      kvStores[group.index()] = new KvStore(group, capacity);
    }
    this.slots = new SequenceSampling[capacity.maxSequences()];
    this.sampler = new Sampler(program.vocabularySize());
    for (int i = 0; i < outputs.length; i++) {
      outputs[i] = new StepOutput(capacity.maxStepTokens(), SamplingParams.MAX_LOGPROBS);
    }
    this.visibleSlots = new int[capacity.maxModelLength()];
    this.scores = new float[capacity.maxModelLength()];
  }

  private int maxRows(Buffer buffer) {
    return switch (buffer.rows()) {
      case TOKENS -> capacity.maxStepTokens();
      case LOGIT_ROWS -> capacity.headRows();
    };
  }

  @Override
  public void launch(ForwardBatch batch) {
    Checks.checkState(
        launchedCount - awaitedCount < MAX_IN_FLIGHT, "two steps are in flight; await one first");
    check.accept(batch);
    for (SlotAssignment assignment : batch.assignments()) {
      slots[assignment.slot()] =
          new SequenceSampling(
              assignment.sampling(),
              assignment.sampleIndex(),
              assignment.promptLength(),
              assignment.tokenIds(),
              assignment.tokenCount(),
              assignment.endTokenIds(),
              program.vocabularySize());
    }
    for (Op op : program.body()) {
      run(op, batch, 0, batch.tokenCount());
    }
    for (int begin = 0; begin < batch.logitCount(); begin += capacity.headRows()) {
      int end = Math.min(batch.logitCount(), begin + capacity.headRows());
      for (Op op : program.head()) {
        run(op, batch, begin, end);
      }
    }
    launchedCount++;
  }

  @Override
  public StepOutput await() {
    Checks.checkState(awaitedCount < launchedCount, "no step is in flight");
    StepOutput output = outputs[(int) (awaitedCount % outputs.length)];
    awaitedCount++;
    return output;
  }

  @Override
  public String currentOp() {
    return currentOp;
  }

  @Override
  public void close() {
    Arrays.fill(buffers, new float[0]);
  }

  /** The first rows of a buffer as the last step left them; for tests. */
  float[] contents(Buffer buffer, int rowCount) {
    return Arrays.copyOf(buffers[buffer.index()], rowCount * buffer.width());
  }

  /** Runs an op over tokens [begin, end) in the body, logit rows [begin, end) in the head. */
  private void run(Op op, ForwardBatch batch, int begin, int end) {
    currentOp = op.label();
    for (int i = begin; i < end; i++) {
      int row = i - begin;
      // Java 17 has no switch over types.
      if (op instanceof Op.Embed embed) {
        embed(embed, batch.tokenIds[i], row);
      } else if (op instanceof Op.RmsNorm norm) {
        float[] weight = ((Vector) norm.weight()).values();
        float[] out = data(norm.out());
        float[] in = data(norm.in());
        RowOps.rmsNorm(out, row * weight.length, in, row * weight.length, weight, norm.epsilon());
      } else if (op instanceof Op.Linear linear) {
        linear(linear, row);
      } else if (op instanceof Op.RopeAppend append) {
        ropeAppend(append, batch.positions[i], batch.slotMapping[i], row);
      } else if (op instanceof Op.Attention attention) {
        attention(attention, batch, i);
      } else if (op instanceof Op.Gather gather) {
        int width = gather.out().width();
        System.arraycopy(
            data(gather.in()), batch.logitRows[i] * width, data(gather.out()), row * width, width);
      } else if (op instanceof Op.ScoreOrSample head) {
        scoreOrSample(head, batch, i, row);
      }
    }
  }

  private float[] data(Buffer buffer) {
    return buffers[buffer.index()];
  }

  private void embed(Op.Embed op, int tokenId, int row) {
    float[][] table = ((Table) op.table()).rows();
    int id = tokenId >= 0 ? tokenId : slots[-tokenId - 1].lastTokenId();
    float[] out = data(op.out());
    for (int i = 0; i < op.out().width(); i++) {
      out[row * op.out().width() + i] = table[id][i] * op.scale();
    }
  }

  private void linear(Op.Linear op, int row) {
    RowOps.linear(
        data(op.out()),
        row * op.out().width(),
        data(op.in()),
        row * op.in().width(),
        (Matrix) op.weight());
  }

  private void ropeAppend(Op.RopeAppend op, int position, int slot, int row) {
    AttentionSpec spec = op.attention();
    float[] qkv = data(op.qkv());
    int query = row * op.qkv().width();
    int key = query + spec.queryHeads() * spec.headDim();
    int value = key + spec.kvHeads() * spec.headDim();
    int rotatedHeads = spec.queryHeads() + spec.kvHeads();
    AttentionOps.rotate(qkv, query, rotatedHeads, spec.headDim(), op.rope(), position);
    kvStores[op.group().index()].append(op.layer(), slot, qkv, key, value);
  }

  private void attention(Op.Attention op, ForwardBatch batch, int token) {
    AttentionSpec spec = op.attention();
    int position = batch.positions[token];
    int firstPage = batch.pageIndptr[entryOf(batch.queryIndptr, batch.entryCount(), token)];
    int count = 0;
    for (int p = spec.firstVisible(position); p <= position; p++) {
      int pageId = batch.pageIndices[firstPage + p / capacity.pageSize()];
      visibleSlots[count] = pageId * capacity.pageSize() + p % capacity.pageSize();
      count++;
    }
    int groupSize = spec.queryHeads() / spec.kvHeads();
    KvStore store = kvStores[op.group().index()];
    for (int head = 0; head < spec.queryHeads(); head++) {
      AttentionOps.attend(
          data(op.out()),
          token * op.out().width() + head * spec.headDim(),
          data(op.qkv()),
          token * op.qkv().width() + head * spec.headDim(),
          new AttentionOps.Keys(store, op.layer(), head / groupSize, visibleSlots, count),
          spec,
          spec.sink(head),
          scores);
    }
  }

  private void scoreOrSample(Op.ScoreOrSample op, ForwardBatch batch, int logitRow, int row) {
    float[] logits = data(op.logits());
    int offset = row * program.vocabularySize();
    int target = batch.logitTargets[logitRow];
    int alternatives = batch.logitAlternatives[logitRow];
    if (target == ForwardBatch.SAMPLE) {
      int entry = entryOf(batch.logitIndptr, batch.entryCount(), logitRow);
      SequenceSampling sequence = slots[batch.stateSlots[entry]];
      int position = batch.positions[batch.logitRows[logitRow]] + 1;
      sampler.sample(logits, offset, sequence, position, alternatives, sampled);
      sequence.accept(sampled.tokenId());
    } else {
      sampler.score(logits, offset, target, alternatives, sampled);
    }
    StepOutput output = outputs[(int) (launchedCount % outputs.length)];
    output.setToken(logitRow, sampled.tokenId(), sampled.logprob(), sampled.isNonFinite());
    if (sampled.isUniform()) {
      output.setUniform(logitRow);
    }
    for (int j = 0; j < sampled.alternativeCount(); j++) {
      output.setAlternative(logitRow, j, sampled.topTokenId(j), sampled.topLogprob(j));
    }
  }

  /** The entry whose run in a CSR holds the index; entries may be empty. */
  private static int entryOf(int[] indptr, int entryCount, int index) {
    int entry = 0;
    while (entry < entryCount - 1 && indptr[entry + 1] <= index) {
      entry++;
    }
    return entry;
  }
}
