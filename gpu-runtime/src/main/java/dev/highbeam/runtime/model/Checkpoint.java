// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.WeightSource;
import dev.highbeam.runtime.json.JsonFile;
import dev.highbeam.runtime.json.JsonValue;
import dev.highbeam.runtime.json.MalformedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The weights of a model folder: model.safetensors, or the shards that model.safetensors.index.json
 * names. All headers are checked when it is opened; tensors are read when asked for. Immutable and
 * safe for many threads.
 */
final class Checkpoint {

  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";
  private static final long MAX_INDEX_BYTES = 64L << 20;
  private static final int MAX_SHARDS = 1024;
  private static final int MAX_FILE_NAME_CHARS = 255;

  private final Path folder;
  private final List<Path> files;
  private final Map<String, SafetensorsFile> fileOfTensor;

  private Checkpoint(Path folder, List<Path> files, Map<String, SafetensorsFile> fileOfTensor) {
    this.folder = folder;
    this.files = List.copyOf(files);
    this.fileOfTensor = fileOfTensor;
  }

  /**
   * Opens the weights of a folder.
   *
   * @throws EngineException configuration if there are none, or they are not sound
   */
  static Checkpoint open(Path folder) {
    Path single = folder.resolve(SINGLE);
    Path index = folder.resolve(INDEX);
    if (Files.exists(single)) {
      SafetensorsFile file = SafetensorsFile.open(single);
      Map<String, SafetensorsFile> fileOfTensor = new HashMap<>();
      file.names().forEach(name -> fileOfTensor.put(name, file));
      return new Checkpoint(folder, List.of(single), fileOfTensor);
    }
    if (Files.exists(index)) {
      return openShards(folder, index);
    }
    throw noWeights(folder);
  }

  /** The files that hold weights, ordered by name, the index first if there is one. */
  List<Path> files() {
    return files;
  }

  boolean has(String name) {
    return fileOfTensor.containsKey(name);
  }

  /**
   * The tensor of that name, which must have that shape.
   *
   * @throws EngineException configuration if it is missing or of another shape
   */
  WeightSource tensor(String name, long... shape) {
    SafetensorsFile file = fileOfTensor.get(name);
    if (file == null) {
      throw EngineException.configuration(
          "the weights in " + folder + " have no tensor " + FileProblems.quoted(name));
    }
    WeightSource tensor = file.tensor(name);
    if (!Arrays.equals(tensor.shape(), shape)) {
      throw EngineException.configuration(
          "tensor "
              + FileProblems.quoted(name)
              + " in "
              + folder
              + " must have the shape "
              + Arrays.toString(shape)
              + " by config.json, was "
              + Arrays.toString(tensor.shape()));
    }
    return tensor;
  }

  private static Checkpoint openShards(Path folder, Path index) {
    FileProblems.requireRegular(index);
    TreeMap<String, List<String>> tensorsOfShard;
    try {
      tensorsOfShard = readIndex(JsonFile.read(index, MAX_INDEX_BYTES));
    } catch (IOException e) {
      throw FileProblems.asEngineException(index, e);
    }
    List<Path> files = new ArrayList<>(List.of(index));
    Map<String, SafetensorsFile> fileOfTensor = new HashMap<>();
    tensorsOfShard.forEach(
        (shard, tensors) -> {
          Path path = folder.resolve(shard);
          SafetensorsFile file = SafetensorsFile.open(path);
          files.add(path);
          for (String tensor : tensors) {
            if (!file.has(tensor)) {
              throw EngineException.configuration(
                  path
                      + " has no tensor "
                      + FileProblems.quoted(tensor)
                      + ", which the index puts"
                      + " there");
            }
            fileOfTensor.put(tensor, file);
          }
        });
    return new Checkpoint(folder, files, fileOfTensor);
  }

  private static TreeMap<String, List<String>> readIndex(JsonValue index)
      throws MalformedFileException {
    TreeMap<String, List<String>> tensorsOfShard = new TreeMap<>();
    JsonValue weightMap = index.required("weight_map");
    for (Map.Entry<String, JsonValue> entry : weightMap.members()) {
      String shard = entry.getValue().text();
      if (!isPlainFileName(shard)) {
        throw entry.getValue().malformed("must be the plain name of a .safetensors file");
      }
      tensorsOfShard.computeIfAbsent(shard, name -> new ArrayList<>()).add(entry.getKey());
    }
    if (tensorsOfShard.isEmpty() || tensorsOfShard.size() > MAX_SHARDS) {
      throw weightMap.malformed(
          "must name 1 to " + MAX_SHARDS + " files, was " + tensorsOfShard.size());
    }
    return tensorsOfShard;
  }

  /** No path, no drive, no hidden file: an index cannot point out of its folder. */
  private static boolean isPlainFileName(String name) {
    return name.length() <= MAX_FILE_NAME_CHARS
        && name.matches("[A-Za-z0-9_][A-Za-z0-9_.\\-]*\\.safetensors");
  }

  /** Says what is there instead of safetensors, so that the reader need not look. */
  private static EngineException noWeights(Path folder) {
    List<String> others = new ArrayList<>();
    try (Stream<Path> children = Files.list(folder)) {
      children
          .map(child -> String.valueOf(child.getFileName()))
          .filter(name -> name.matches(".*\\.(bin|pt|pth|pkl|gguf|ggml|h5|msgpack|safetensors)"))
          .sorted()
          .limit(3)
          .forEach(name -> others.add(FileProblems.quoted(name)));
    } catch (IOException e) {
      throw FileProblems.asEngineException(folder, e);
    }
    return EngineException.configuration(
        folder
            + " has neither "
            + SINGLE
            + " nor "
            + INDEX
            + "; only safetensors are read"
            + (others.isEmpty() ? "" : ", not " + String.join(", ", others)));
  }
}
