// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import com.sun.management.OperatingSystemMXBean;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Executable;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Times steps of a random 0.1B Llama side by side: decode of 32 sequences at context 128, and a
 * prompt of 512. Takes the best of several steps, round robin, because other processes disturb.
 * benchmarks/README.md says how to run it.
 */
final class CpuStepBenchmark {

  private static final int SEQUENCES = 32;
  private static final int CONTEXT = 128;
  private static final int PROMPT = 512;
  private static final int ROUNDS = 7;

  private static final OperatingSystemMXBean PROCESS =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  /** A contender that took so long has shown what it can. */
  private static final double SLOW_SECONDS = 20;

  private static final RandomLlama MODEL = RandomLlama.SMALL;

  private CpuStepBenchmark() {}

  public static void main(String[] args) {
    int threads = args.length > 0 ? Integer.parseInt(args[0]) : 2;
    String filter = args.length > 1 ? args[1] : "";
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    List<Contender> contenders = new ArrayList<>();
    for (DType dtype : List.of(DType.F32, DType.BF16)) {
      addContender(contenders, filter, "simd " + dtype, threads, new SimdKernels(), dtype);
      addContender(contenders, filter, "plain " + dtype, threads, new PlainKernels(), dtype);
    }
    for (int round = 0; round < ROUNDS; round++) {
      for (Contender contender : contenders) {
        if (round == 0 || contender.spentSeconds < SLOW_SECONDS) {
          contender.round();
        }
      }
    }
    out.printf("%d threads, %s%n", threads, contenders.get(0).backend.describe());
    for (Contender contender : contenders) {
      contender.report(out);
    }
  }

  private static void addContender(
      List<Contender> contenders,
      String filter,
      String name,
      int threads,
      Kernels kernels,
      DType dtype) {
    if (name.contains(filter)) {
      contenders.add(new Contender(name, CpuBackend.create(threads, kernels), dtype));
    }
  }

  /** One backend with one type. */
  private static final class Contender {
    final String name;
    final Backend backend;
    final DType dtype;
    final Executable executable;
    final BatchFixture fixture;
    final Best decode = new Best();
    final Best prompt = new Best();
    double spentSeconds;

    Contender(String name, Backend backend, DType dtype) {
      this.name = name;
      this.backend = backend;
      this.dtype = dtype;
      Capacity capacity = BatchFixture.capacity(PROMPT, SEQUENCES, PROMPT, 16);
      executable = backend.compile(MODEL.record(backend, dtype), capacity);
      fixture = new BatchFixture(capacity, MODEL.vocabulary());
    }

    void round() {
      fixture.clear();
      fixture.assign(0, 0, PROMPT).prompt(0, 0, 0, PROMPT, 1);
      step(prompt);
      // All of the decoded sequences' pages must hold something.
      for (int s = 0; s < SEQUENCES; s += 4) {
        fixture.clear();
        for (int i = s; i < s + 4; i++) {
          fixture.assign(i, i, CONTEXT - 1).prompt(i, i, 0, CONTEXT - 1, 0);
        }
        step(new Best());
      }
      for (int i = 0; i < 4; i++) {
        fixture.clear();
        for (int s = 0; s < SEQUENCES; s++) {
          fixture.decode(s, CONTEXT - 1);
        }
        step(decode);
      }
    }

    private void step(Best best) {
      long start = System.nanoTime();
      long cpuStart = PROCESS.getProcessCpuTime();
      executable.launch(fixture.batch());
      executable.await();
      double seconds = (System.nanoTime() - start) * 1e-9;
      best.seconds = Math.min(best.seconds, seconds);
      best.cpuSeconds = Math.min(best.cpuSeconds, (PROCESS.getProcessCpuTime() - cpuStart) * 1e-9);
      spentSeconds += seconds;
    }

    void report(PrintStream out) {
      double pairs = (double) SEQUENCES * CONTEXT;
      double decodeOperations =
          2.0 * SEQUENCES * MODEL.linearParameters() + pairs * MODEL.attentionOperations();
      double head = (double) MODEL.hidden() * MODEL.vocabulary();
      double promptOperations =
          2.0 * PROMPT * (MODEL.linearParameters() - head)
              + 2 * head
              + 0.5 * PROMPT * PROMPT * MODEL.attentionOperations();
      double kv = pairs * 2 * MODEL.kvHeads() * MODEL.headDim() * MODEL.layers();
      double bytes = dtype.bytes() * (MODEL.linearParameters() + kv);
      out.printf("%-10s decode", name);
      decode.report(out, SEQUENCES, decodeOperations);
      out.printf(" %5.1f GB/s; prompt", bytes / decode.seconds * 1e-9);
      prompt.report(out, PROMPT, promptOperations);
      out.println();
    }
  }

  /** The best of several steps; in processor time, other processes count less. */
  private static final class Best {
    double seconds = Double.MAX_VALUE;
    double cpuSeconds = Double.MAX_VALUE;

    void report(PrintStream out, int tokens, double operations) {
      out.printf(
          " %7.1f ms %6.0f tok/s %6.1f GFLOP/s (cpu %7.1f ms, %5.1f GFLOP/s)",
          seconds * 1e3,
          tokens / seconds,
          operations / seconds * 1e-9,
          cpuSeconds * 1e3,
          operations / cpuSeconds * 1e-9);
    }
  }
}
