// SPDX-License-Identifier: Apache-2.0

import com.github.tjake.jlama.model.AbstractModel;
import com.github.tjake.jlama.model.ModelSupport;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.safetensors.prompt.PromptContext;
import dev.highbeam.benchmarks.peers.DecodeSpan;
import dev.highbeam.benchmarks.peers.TestedEngine;
import dev.highbeam.benchmarks.peers.TokenTimes;
import dev.highbeam.benchmarks.peers.Worker;
import dev.highbeam.benchmarks.peers.WorkerTask;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Jlama, which computes one sequence at a time: a batch is as many sessions, each on a thread of its
 * own, that share its threads for matrices. A session keeps its keys and values, so decoding goes on
 * in the prompts' sessions, after one word more. Compiled by the JVM that runs it: its classes are of
 * a newer Java than ours.
 */
public final class JlamaEngine implements TestedEngine {

  private final AbstractModel model;
  private final int promptTokens;
  private List<UUID> sessions = List.of();

  private JlamaEngine(AbstractModel model, int promptTokens) {
    this.model = model;
    this.promptTokens = promptTokens;
  }

  public static void main(String[] args) {
    Worker.serve(args, JlamaEngine::load);
  }

  private static JlamaEngine load(WorkerTask task) {
    Optional<DType> weights =
        task.weights().equals("bf16") ? Optional.empty() : Optional.of(DType.I8);
    AbstractModel model =
        ModelSupport.loadModel(
            task.model().toFile(), null, DType.F32, DType.I8, weights, Optional.of(task.threads()));
    return new JlamaEngine(model, task.promptTokens());
  }

  @Override
  public int countTokens(String text) {
    return model.getTokenizer().encode(text).length;
  }

  @Override
  public void prefill(List<String> prompts) throws Exception {
    sessions = prompts.stream().map(prompt -> UUID.randomUUID()).toList();
    generate(prompts, promptTokens + 1);
  }

  @Override
  public DecodeSpan decode(List<String> prompts, int newTokens) throws Exception {
    List<String> words = prompts.stream().map(prompt -> firstWord(prompt)).toList();
    // The prompt, the token that came with it, the word, and the new tokens.
    return generate(words, promptTokens + 2 + newTokens).span(newTokens);
  }

  private TokenTimes generate(List<String> texts, int lastPosition) throws Exception {
    TokenTimes times = new TokenTimes(texts.size());
    times.run(
        number ->
            model.generate(
                sessions.get(number),
                PromptContext.of(texts.get(number)),
                0,
                lastPosition,
                (text, time) -> times.came(number)));
    return times;
  }

  private static String firstWord(String prompt) {
    return prompt.substring(0, prompt.indexOf(' ', 1));
  }

  @Override
  public void close() {
    model.close();
  }
}
