// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import java.util.List;
import java.util.Locale;

/**
 * The process of one engine: loads it, warms it up, measures it, prints one line and ends. Uses
 * nothing but the JDK, so that it runs beside any engine's own libraries.
 */
public final class Worker {

  /** Prompts and tokens that come before the measurement: compilers and caches settle. */
  static final int WARM_PROMPTS = 4;

  private static final int WARM_TOKENS = 16;

  private Worker() {}

  /** Does the task that the arguments hold, then ends the process. */
  public static void serve(String[] arguments, TestedEngine.Loader loader) {
    try {
      serve(WorkerTask.parse(arguments), loader);
      System.exit(0); // Engines leave threads behind.
    } catch (Exception e) {
      e.printStackTrace();
      System.exit(1);
    }
  }

  private static void serve(WorkerTask task, TestedEngine.Loader loader) throws Exception {
    long begin = System.nanoTime();
    try (TestedEngine engine = loader.load(task)) {
      System.out.printf(Locale.ROOT, "loaded in %.1f s%n", (System.nanoTime() - begin) / 1e9);
      System.out.println(measure(engine, task).toLine());
    }
  }

  static Measurement measure(TestedEngine engine, WorkerTask task) throws Exception {
    List<String> lines = task.readPrompts();
    List<String> warm = lines.subList(0, lines.size() - task.batch());
    List<String> prompts = lines.subList(warm.size(), lines.size());
    int tokens = engine.countTokens(prompts.get(0));
    if (tokens != task.promptTokens()) {
      throw new IllegalStateException(
          "a prompt of " + task.promptTokens() + " tokens is " + tokens + " for this engine");
    }
    engine.prefill(warm);
    var unused = engine.decode(warm, Math.min(WARM_TOKENS, task.newTokens()));
    ProcessorUse use = new ProcessorUse();
    long begin = System.nanoTime();
    engine.prefill(prompts);
    double seconds = (System.nanoTime() - begin) / 1e9;
    DecodeSpan span = engine.decode(prompts, task.newTokens());
    double prefill = (double) task.promptTokens() * prompts.size() / seconds;
    return new Measurement(prefill, span.tokensPerSecond(), use.others());
  }
}
