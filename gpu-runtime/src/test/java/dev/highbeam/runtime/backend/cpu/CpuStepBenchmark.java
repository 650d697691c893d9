// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import com.sun.management.OperatingSystemMXBean;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.SlotAssignment;
import dev.highbeam.runtime.backend.TestSequence;
import dev.highbeam.runtime.backend.TestSteps;
import dev.highbeam.runtime.backend.TinyPrograms;
import dev.highbeam.runtime.backend.reference.ReferenceBackend;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Times steps of a random 0.1B Llama side by side: decode of 32 sequences at context 128, and a
 * prompt of 512 (128 for the reference). Takes the best of several steps, round robin, because
 * other processes disturb. benchmarks/README.md says how to run it.
 */
final class CpuStepBenchmark {

  private static final int SEQUENCES = 32;
  private static final int CONTEXT = 128;
  private static final int PROMPT = 512;
  private static final int PAGE_SIZE = 16;
  private static final int ROUNDS = 7;

  /** A contender that took so long has shown what it can. */
  private static final double SLOW_SECONDS = 20;

  private static final TinyPrograms.Shape MODEL =
      new TinyPrograms.Shape(32_000, 768, 12, 12, 4, 64, 2048, 0);

  /** Parameters that each token of a prompt is multiplied with; those of the head come on top. */
  private static final double BODY_PARAMETERS =
      12 * (768.0 * (12 + 2 * 4) * 64 + 768.0 * 768 + 3 * 768.0 * 2048);

  private static final double HEAD_PARAMETERS = 768.0 * 32_000;

  /** Per pair of query and key. */
  private static final double ATTENTION_OPERATIONS = 4.0 * 12 * 12 * 64;

  private static final double KV_ELEMENTS_PER_TOKEN = 2.0 * 12 * 4 * 64;

  private static final OperatingSystemMXBean PROCESS =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private CpuStepBenchmark() {}

  public static void main(String[] args) {
    int threads = args.length > 0 ? Integer.parseInt(args[0]) : 2;
    String filter = args.length > 1 ? args[1] : "";
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    List<Contender> contenders = new ArrayList<>();
    for (DType dtype : List.of(DType.F32, DType.BF16)) {
      CpuBackend simd = CpuBackend.create(threads, new SimdKernels());
      CpuBackend plain = CpuBackend.create(threads, new PlainKernels());
      add(contenders, filter, new Contender("simd " + dtype, simd, dtype, PROMPT));
      add(contenders, filter, new Contender("plain " + dtype, plain, dtype, PROMPT));
    }
    ReferenceBackend reference = new ReferenceBackend();
    add(contenders, filter, new Contender("reference", reference, DType.F32, CONTEXT));
    for (int round = 0; round < ROUNDS; round++) {
      for (Contender contender : contenders) {
        if (contender.spentSeconds < SLOW_SECONDS) {
          contender.round();
        }
      }
    }
    out.println(contenders.get(0).backend.describe());
    contenders.forEach(contender -> contender.report(out));
  }

  private static void add(List<Contender> contenders, String filter, Contender contender) {
    if (contender.name.contains(filter)) {
      contender.compile();
      contenders.add(contender);
    }
  }

  /** One backend with one type. */
  private static final class Contender {
    final String name;
    final Backend backend;
    final DType dtype;
    final int promptTokens;
    final Capacity capacity =
        new Capacity(PROMPT, SEQUENCES, PROMPT, PAGE_SIZE, PROMPT / PAGE_SIZE + SEQUENCES);
    final Best decode = new Best();
    final Best prompt = new Best();
    @Nullable Executable executable;
    double spentSeconds;

    Contender(String name, Backend backend, DType dtype, int promptTokens) {
      this.name = name;
      this.backend = backend;
      this.dtype = dtype;
      this.promptTokens = promptTokens;
    }

    void compile() {
      executable = backend.compile(TinyPrograms.llama(backend, MODEL, dtype, 1), capacity);
    }

    void round() {
      int[] tokens =
          new SplittableRandom(1).ints(promptTokens, 0, MODEL.vocabularySize()).toArray();
      TestSequence sequence =
          new TestSequence(0, promptTokens, tokens)
              .pagesFrom(0, PAGE_SIZE, promptTokens)
              .sampleAt(promptTokens - 1, 0);
      step(new TestSteps(capacity).add(sequence, promptTokens).build(), prompt);
      for (int i = 0; i < 4; i++) {
        step(decodeBatch(), decode);
      }
    }

    /** One token of each sequence at position CONTEXT: the prompt's pages, and one of its own. */
    private ForwardBatch decodeBatch() {
      ForwardBatch batch = new ForwardBatch(capacity);
      batch.clear();
      int sharedPages = CONTEXT / PAGE_SIZE;
      int pages = 0;
      for (int s = 0; s < SEQUENCES; s++) {
        int ownPage = PROMPT / PAGE_SIZE + s;
        for (int page = 0; page < sharedPages; page++) {
          batch.pageIndices[pages++] = page;
        }
        batch.pageIndices[pages++] = ownPage;
        int[] tokens = {s};
        SamplingParams sampling = TestSequence.params();
        batch.assign(new SlotAssignment(s, sampling, 0, 1, tokens, 1, new int[0]));
        batch.tokenIds[s] = s;
        batch.positions[s] = CONTEXT;
        batch.slotMapping[s] = ownPage * PAGE_SIZE;
        batch.stateSlots[s] = s;
        batch.lastPageLength[s] = 1;
        batch.logitRows[s] = s;
        batch.logitTargets[s] = ForwardBatch.SAMPLE;
        batch.logitAlternatives[s] = 0;
        batch.endEntry(s + 1, pages, s + 1, ForwardBatch.TokenClass.OUTPUT);
      }
      return batch;
    }

    private void step(ForwardBatch batch, Best best) {
      long start = System.nanoTime();
      long cpuStart = PROCESS.getProcessCpuTime();
      executable.launch(batch);
      executable.await();
      double seconds = (System.nanoTime() - start) * 1e-9;
      best.add(seconds, (PROCESS.getProcessCpuTime() - cpuStart) * 1e-9);
      spentSeconds += seconds;
    }

    void report(PrintStream out) {
      double pairs = (double) SEQUENCES * CONTEXT;
      double decodeOperations =
          2 * SEQUENCES * (BODY_PARAMETERS + HEAD_PARAMETERS) + pairs * ATTENTION_OPERATIONS;
      double promptOperations =
          2 * promptTokens * BODY_PARAMETERS
              + 2 * HEAD_PARAMETERS
              + 0.5 * promptTokens * promptTokens * ATTENTION_OPERATIONS;
      double elements = BODY_PARAMETERS + HEAD_PARAMETERS + pairs * KV_ELEMENTS_PER_TOKEN;
      out.printf("%-14s decode", name);
      decode.report(out, SEQUENCES, decodeOperations);
      out.printf(" %5.1f GB/s; prompt", elements * dtype.bytes() / decode.seconds * 1e-9);
      prompt.report(out, promptTokens, promptOperations);
      out.println();
    }
  }

  /** The best of several steps; in processor time, other processes count less. */
  private static final class Best {
    double seconds = Double.MAX_VALUE;
    double cpuSeconds = Double.MAX_VALUE;

    void add(double newSeconds, double newCpuSeconds) {
      seconds = Math.min(seconds, newSeconds);
      cpuSeconds = Math.min(cpuSeconds, newCpuSeconds);
    }

    void report(PrintStream out, int tokens, double operations) {
      out.printf(
          " %8.1f ms %6.0f tok/s %6.1f GFLOP/s (cpu %8.1f ms, %5.1f GFLOP/s)",
          seconds * 1e3,
          tokens / seconds,
          operations / seconds * 1e-9,
          cpuSeconds * 1e3,
          operations / cpuSeconds * 1e-9);
    }
  }
}
