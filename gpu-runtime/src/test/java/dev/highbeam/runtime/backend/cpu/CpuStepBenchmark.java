// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import com.sun.management.OperatingSystemMXBean;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.ForwardBatch;
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

/**
 * Times steps of a random 0.1B Llama side by side: decode of 32 sequences at context 128, and a
 * prompt of 512. Takes the best of several steps, round robin, because other processes disturb.
 * benchmarks/README.md says how to run it.
 */
final class CpuStepBenchmark {

  private static final int SEQUENCES = 32;
  private static final int CONTEXT = 128;
  private static final int PROMPT = 512;
  private static final int PAGE_SIZE = 16;
  private static final int ROUNDS = 7;

  /** A contender that took so long has shown what it can. */
  private static final double SLOW_SECONDS = 40;

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
      add(contenders, filter, "simd ", CpuBackend.create(threads, new SimdKernels()), dtype);
      add(contenders, filter, "plain ", CpuBackend.create(threads, new PlainKernels()), dtype);
    }
    add(contenders, filter, "reference ", new ReferenceBackend(), DType.F32);
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

  private static void add(
      List<Contender> contenders, String filter, String kind, Backend backend, DType dtype) {
    if (kind.contains(filter)) {
      contenders.add(new Contender(kind + dtype, backend, dtype));
    }
  }

  /** One backend with one type. */
  private static final class Contender {
    final String name;
    final Backend backend;
    final DType dtype;
    final Executable executable;
    final Capacity capacity;
    final Best decode = new Best();
    final Best prompt = new Best();
    double spentSeconds;

    Contender(String name, Backend backend, DType dtype) {
      this.name = name;
      this.backend = backend;
      this.dtype = dtype;
      int pages = SEQUENCES * (CONTEXT / PAGE_SIZE + 1) + PROMPT / PAGE_SIZE;
      capacity = new Capacity(PROMPT, SEQUENCES, PROMPT, PAGE_SIZE, pages);
      executable = backend.compile(TinyPrograms.llama(backend, MODEL, dtype, 1), capacity);
    }

    void round() {
      TestSequence whole = sequence(0, PROMPT, 0).sampleAt(PROMPT - 1, 0);
      step(new TestSteps(capacity).add(whole, PROMPT), prompt);
      List<TestSequence> sequences = new ArrayList<>();
      for (int s = 0; s < SEQUENCES; s++) {
        int firstPage = PROMPT / PAGE_SIZE + s * (CONTEXT / PAGE_SIZE + 1);
        sequences.add(sequence(s, CONTEXT - 1, firstPage).sampleAt(CONTEXT - 2, 0));
      }
      for (int s = 0; s < SEQUENCES; s += 4) {
        TestSteps steps = new TestSteps(capacity);
        sequences.subList(s, s + 4).forEach(each -> steps.add(each, CONTEXT - 1));
        step(steps, new Best());
      }
      for (int i = 0; i < 4; i++) {
        TestSteps steps = new TestSteps(capacity);
        for (TestSequence each : sequences) {
          steps.add(each.appendFromSlot().sampleAt(each.tokenCount() - 1, 0), 1);
        }
        step(steps, decode);
      }
    }

    private static TestSequence sequence(int slot, int count, int firstPage) {
      int[] tokens = new SplittableRandom(slot).ints(count, 0, MODEL.vocabularySize()).toArray();
      return new TestSequence(slot, count, tokens).pagesFrom(firstPage, PAGE_SIZE, count + 8);
    }

    private void step(TestSteps steps, Best best) {
      ForwardBatch batch = steps.build();
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
          2 * PROMPT * BODY_PARAMETERS
              + 2 * HEAD_PARAMETERS
              + 0.5 * PROMPT * PROMPT * ATTENTION_OPERATIONS;
      double elements = BODY_PARAMETERS + HEAD_PARAMETERS + pairs * KV_ELEMENTS_PER_TOKEN;
      out.printf("%-14s decode", name);
      decode.report(out, SEQUENCES, decodeOperations);
      out.printf(" %5.1f GB/s; prompt", elements * dtype.bytes() / decode.seconds * 1e-9);
      prompt.report(out, PROMPT, promptOperations);
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
