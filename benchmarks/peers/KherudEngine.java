// SPDX-License-Identifier: Apache-2.0

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.LlamaOutput;
import de.kherud.llama.ModelParameters;
import dev.highbeam.benchmarks.peers.DecodeSpan;
import dev.highbeam.benchmarks.peers.TestedEngine;
import dev.highbeam.benchmarks.peers.TokenTimes;
import dev.highbeam.benchmarks.peers.Worker;
import dev.highbeam.benchmarks.peers.WorkerTask;
import java.util.List;

/**
 * llama.cpp as de.kherud:llama carries it, which is llama.cpp's server without its network: one slot
 * for each sequence, continuous batching, each slot with its prompt cached. It gives no timings, only
 * tokens one by one. Compiled by the JVM that runs it, so that no build needs the library.
 */
public final class KherudEngine implements TestedEngine {

  private final LlamaModel model;

  private KherudEngine(LlamaModel model) {
    this.model = model;
  }

  public static void main(String[] args) {
    Worker.serve(args, KherudEngine::load);
  }

  private static KherudEngine load(WorkerTask task) {
    int slots = Math.max(task.batch(), 4);
    return new KherudEngine(
        new LlamaModel(
            new ModelParameters()
                .setModel(task.model().toString())
                .setThreads(task.threads())
                .setThreadsBatch(task.threads())
                .setParallel(slots)
                .setCtxSize(slots * task.contextTokens())
                .enableContBatching()));
  }

  @Override
  public int countTokens(String text) {
    return model.encode(text).length;
  }

  @Override
  public void prefill(List<String> prompts) throws Exception {
    generate(prompts, 1);
  }

  @Override
  public DecodeSpan decode(List<String> prompts, int newTokens) throws Exception {
    return generate(prompts, newTokens).span(newTokens);
  }

  private TokenTimes generate(List<String> prompts, int newTokens) throws Exception {
    TokenTimes times = new TokenTimes(prompts.size());
    times.run(
        number -> {
          InferenceParameters parameters =
              new InferenceParameters(prompts.get(number))
                  .setNPredict(newTokens)
                  .setTemperature(0)
                  .setIgnoreEos(true)
                  .setCachePrompt(true);
          for (LlamaOutput unused : model.generate(parameters)) {
            times.came(number);
          }
        });
    return times;
  }

  @Override
  public void close() {
    model.close();
  }
}
