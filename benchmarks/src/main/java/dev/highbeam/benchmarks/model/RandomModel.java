// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A model of a real shape with random weights, in a folder of its own. Each form of it is written
 * when it is first asked for and found there afterwards; a form that is there is whole, because it
 * gets its name when it is finished. One process at a time writes a model.
 *
 * <pre>
 * RandomModel SHAPE [FOLDER=benchmarks/target/models]
 * </pre>
 *
 * <p>writes all forms beforehand.
 */
public final class RandomModel {

  /** Part of the folder's name: raise it when what is written changes. */
  private static final String FORMAT = "v1";

  private static final long SEED = 1;

  private final ModelShape shape;
  private final Path folder;

  /**
   * @param parent folder of all models
   */
  public RandomModel(ModelShape shape, Path parent) {
    this.shape = shape;
    this.folder = parent.resolve(shape.name() + "-" + FORMAT);
  }

  public static void main(String[] args) throws IOException {
    Path parent = Path.of(args.length > 1 ? args[1] : "benchmarks/target/models");
    RandomModel model = new RandomModel(ModelShape.named(args[0]), parent);
    System.out.println(model.huggingFace());
    System.out.println(model.ggufBfloat16());
    System.out.println(model.ggufQ8());
  }

  public ModelShape shape() {
    return shape;
  }

  /** Folder with config, tokenizer and weights in bfloat16. */
  public Path huggingFace() throws IOException {
    return once("hugging-face", this::writeFolder);
  }

  /** The same weights as a GGUF file. */
  public Path ggufBfloat16() throws IOException {
    return once("bf16.gguf", path -> writeGguf(path, GgufWriter.Type.BF16));
  }

  /** The weights rounded to GGML's Q8_0. */
  public Path ggufQ8() throws IOException {
    return once("q8_0.gguf", path -> writeGguf(path, GgufWriter.Type.Q8_0));
  }

  /** Texts of so many tokens, no two alike, the same for the same seed. */
  public List<String> prompts(int count, int tokens, long seed) {
    SyntheticVocabulary vocabulary = SyntheticVocabulary.of(shape);
    Random random = new Random(seed);
    List<String> prompts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      prompts.add(vocabulary.prompt(tokens, random));
    }
    return prompts;
  }

  @FunctionalInterface
  private interface Form {
    void write(Path path) throws IOException;
  }

  private Path once(String name, Form form) throws IOException {
    Path finished = folder.resolve(name);
    if (!Files.exists(finished)) {
      System.out.println("writing " + finished);
      Path unfinished = folder.resolve(name + ".unfinished");
      Files.createDirectories(folder);
      form.write(unfinished);
      Files.move(unfinished, finished, StandardCopyOption.ATOMIC_MOVE);
    }
    return finished;
  }

  private void writeFolder(Path path) throws IOException {
    Files.createDirectories(path);
    SyntheticVocabulary vocabulary = SyntheticVocabulary.of(shape);
    JsonMapper mapper = new JsonMapper();
    mapper.writeValue(path.resolve("config.json").toFile(), HuggingFaceConfig.of(shape));
    mapper.writeValue(
        path.resolve("tokenizer.json").toFile(), HuggingFaceTokenizer.of(shape, vocabulary));
    mapper.writeValue(
        path.resolve("tokenizer_config.json").toFile(),
        HuggingFaceTokenizer.config(shape, vocabulary));
    SafetensorsWriter.write(
        path.resolve("model.safetensors"), TensorSpec.of(shape), new RandomWeights(SEED));
  }

  private void writeGguf(Path path, GgufWriter.Type type) throws IOException {
    GgufModel.write(path, shape, new RandomWeights(SEED), type);
  }
}
