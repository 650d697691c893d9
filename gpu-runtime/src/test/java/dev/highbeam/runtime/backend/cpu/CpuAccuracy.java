// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.SlotAssignment;
import dev.highbeam.runtime.backend.TestSequence;
import dev.highbeam.runtime.backend.WeightSource;
import dev.highbeam.runtime.model.DecoderModel;
import dev.highbeam.runtime.model.ModelFolder;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The error of the CPU's number formats against float32 on real text: differences of logits, the
 * divergence of Kullback and Leibler of each token's distribution, and how often the likeliest
 * token is the same. Arguments: a model folder, and a file with the token ids of one text per line.
 * benchmarks/README.md has the commands and what they gave.
 */
final class CpuAccuracy {

  private static final int PAGE_SIZE = 16;
  private static final int MAX_TOKENS = 512;

  private final ModelFolder folder;
  private final List<int[]> texts;
  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private CpuAccuracy(Path model, Path texts) throws IOException {
    folder = ModelFolder.open(model);
    this.texts =
        Files.readAllLines(texts).stream()
            .map(line -> Stream.of(line.trim().split("\\s+")).mapToInt(Integer::parseInt).toArray())
            .map(ids -> Arrays.copyOf(ids, Math.min(MAX_TOKENS, ids.length)))
            .toList();
  }

  public static void main(String[] args) throws IOException {
    new CpuAccuracy(Path.of(args[0]), Path.of(args[1])).compare();
  }

  private void compare() {
    CpuBackend plain = CpuBackend.create(1, KernelChoice.best());
    List<float[]> exact = logits(plain, plain, DType.F32);
    out.println(
        "| computed as | tokens | mean logit difference | greatest | mean KL | greatest KL | same"
            + " first token |");
    out.println("|---|---|---|---|---|---|---|");
    report("bf16, Java's kernels", exact, logits(plain, plain, DType.BF16));
    if (TileLibrary.isUsable()) {
      CpuBackend tiles = CpuBackend.create(1);
      report("bf16, AMX", exact, logits(tiles, tiles, DType.BF16));
      CpuBackend int8 = CpuBackend.create(1, true);
      report("int8, AMX", exact, logits(int8, int8, DType.BF16));
    }
    report("weights as in Q8_0, else float32", exact, logits(plain, rounding(plain), DType.F32));
  }

  private void report(String name, List<float[]> exact, List<float[]> found) {
    double sum = 0;
    double greatest = 0;
    double divergences = 0;
    double greatestDivergence = 0;
    int same = 0;
    for (int row = 0; row < exact.size(); row++) {
      float[] p = exact.get(row);
      float[] q = found.get(row);
      double rowSum = 0;
      for (int i = 0; i < p.length; i++) {
        double difference = Math.abs(p[i] - q[i]);
        rowSum += difference;
        greatest = Math.max(greatest, difference);
      }
      sum += rowSum / p.length;
      double divergence = divergence(p, q);
      divergences += divergence;
      greatestDivergence = Math.max(greatestDivergence, divergence);
      same += first(p) == first(q) ? 1 : 0;
    }
    int rows = exact.size();
    out.printf(
        "| %s | %d | %.4f | %.3f | %.2e | %.2e | %.2f %% |%n",
        name,
        rows,
        sum / rows,
        greatest,
        divergences / rows,
        greatestDivergence,
        100.0 * same / rows);
  }

  /** The sum over tokens of p (log p - log q), in nats. */
  private static double divergence(float[] p, float[] q) {
    double logP = logSum(p);
    double logQ = logSum(q);
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      double log = p[i] - logP;
      sum += Math.exp(log) * (log - (q[i] - logQ));
    }
    return Math.max(0, sum);
  }

  private static double logSum(float[] logits) {
    double greatest = logits[first(logits)];
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - greatest);
    }
    return greatest + Math.log(sum);
  }

  private static int first(float[] logits) {
    int first = 0;
    for (int i = 1; i < logits.length; i++) {
      first = logits[i] > logits[first] ? i : first;
    }
    return first;
  }

  /** The logits after each token of all texts. */
  private List<float[]> logits(CpuBackend backend, Backend loader, DType type) {
    DecoderModel model = folder.load(loader, type, type);
    int pages = MAX_TOKENS / PAGE_SIZE;
    Capacity capacity = new Capacity(MAX_TOKENS, 1, MAX_TOKENS, PAGE_SIZE, pages);
    Op.ScoreOrSample sample =
        (Op.ScoreOrSample) model.program().head().get(model.program().head().size() - 1);
    List<float[]> rows = new ArrayList<>();
    try (CpuExecutable executable = (CpuExecutable) backend.compile(model.program(), capacity)) {
      for (int[] text : texts) {
        executable.launch(batch(capacity, text));
        executable.await();
        float[] all = executable.contents(sample.logits(), text.length);
        int width = all.length / text.length;
        for (int i = 0; i < text.length; i++) {
          rows.add(Arrays.copyOfRange(all, i * width, (i + 1) * width));
        }
      }
    }
    return rows;
  }

  private static ForwardBatch batch(Capacity capacity, int[] text) {
    ForwardBatch batch = new ForwardBatch(capacity);
    batch.clear();
    batch.assign(
        new SlotAssignment(
            0,
            TestSequence.params(SamplingSetting.TEMPERATURE, 0),
            0,
            text.length,
            text,
            text.length,
            new int[0]));
    for (int i = 0; i < text.length; i++) {
      batch.tokenIds[i] = text[i];
      batch.positions[i] = i;
      batch.slotMapping[i] = i;
      batch.logitRows[i] = i;
      batch.logitTargets[i] = i + 1 < text.length ? text[i + 1] : ForwardBatch.SAMPLE;
    }
    int pages = (text.length + PAGE_SIZE - 1) / PAGE_SIZE;
    for (int page = 0; page < pages; page++) {
      batch.pageIndices[page] = page;
    }
    batch.lastPageLength[0] = (text.length - 1) % PAGE_SIZE + 1;
    batch.endEntry(text.length, pages, text.length, ForwardBatch.TokenClass.PROMPT);
    return batch;
  }

  /** The backend, which is given weights that went through Q8_0. */
  private static Backend rounding(Backend backend) {
    return (Backend)
        Proxy.newProxyInstance(
            CpuAccuracy.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (proxy, method, args) -> {
              if (method.getName().equals("pack")) {
                args[0] = Q8Weights.of((LinearSpec) args[0]);
              } else if (method.getName().equals("packTable")) {
                args[0] = new Q8Weights((WeightSource) args[0]);
              }
              try {
                return method.invoke(backend, args);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
