// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;

/**
 * A model folder in Hugging Face form, opened: its configuration is read, the headers of its
 * weights are checked, the weights themselves are mapped and untouched. Cheap, so that a plan can
 * open one; loading is a second step. Immutable and safe for many threads.
 */
public final class ModelFolder {

  private final Path folder;
  private final ModelConfig config;
  private final GenerationConfig generation;
  private final Checkpoint checkpoint;

  private ModelFolder(
      Path folder, ModelConfig config, GenerationConfig generation, Checkpoint checkpoint) {
    this.folder = folder;
    this.config = config;
    this.generation = generation;
    this.checkpoint = checkpoint;
  }

  /**
   * Opens a folder.
   *
   * @throws EngineException configuration, if the folder or a file in it is missing, broken or of a
   *     kind that is not supported; the message is one sentence
   */
  public static ModelFolder open(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw EngineException.configuration(
          "the model folder "
              + folder
              + (Files.exists(folder) ? " is no folder" : " does not exist"));
    }
    ModelConfig config = ModelConfig.read(folder);
    GenerationConfig generation = GenerationConfig.read(folder, config.vocabularySize());
    return new ModelFolder(folder, config, generation, Checkpoint.open(folder));
  }

  /** Where the model lies; the tokenizer's files lie there too. */
  public Path path() {
    return folder;
  }

  /** The folder's own name, for columns and messages. */
  public String name() {
    return String.valueOf(folder.toAbsolutePath().normalize().getFileName());
  }

  public ModelConfig config() {
    return config;
  }

  public GenerationConfig generation() {
    return generation;
  }

  /** Tokens that end a sequence, ascending: those of config.json and generation_config.json. */
  public int[] endTokenIds() {
    TreeSet<Integer> ids = new TreeSet<>(config.eosTokenIds());
    ids.addAll(generation.eosTokenIds());
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * SHA-256 over the files that shape results, as 64 hexadecimal digits. Reads every byte of the
   * weights (about a second per gigabyte), so ask once and keep the answer.
   */
  public String fingerprint() {
    return ModelFingerprint.of(folder, checkpoint.files());
  }

  /** Files of weights, for a listing; an index of shards is among them. */
  public List<Path> weightFiles() {
    return checkpoint.files();
  }

  /**
   * Packs the weights for a backend and records the forward pass.
   *
   * @param weightType type in which matrices are kept, and the type asked of the activations
   * @param kvType type asked of keys and values
   */
  public DecoderModel load(Backend backend, DType weightType, DType kvType) {
    return DecoderModel.load(checkpoint, config, backend, weightType, kvType);
  }
}
