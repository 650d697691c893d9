// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.RopeSpec;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What config.json says a model is, checked: every number lies in a range that memory can be
 * planned with, and the parts fit together. Immutable.
 *
 * @param vocabularySize rows of the embedding table; token ids are below it
 * @param intermediateSize width of the gated activation
 * @param attention heads and scale of every layer; {@link #attention(int)} adds the layer's window
 * @param windows one per layer: keys that a token sees, itself included; 0 for all
 * @param biases which linears have biases
 * @param activation the gated epilogue of the feed-forward part
 * @param tiedEmbeddings whether the head uses the embedding table
 * @param maxPositions most tokens of a sequence that the model was made for
 * @param checkpointType type that the folder says its weights have, null where it says nothing
 * @param bosTokenIds the token that begins a text: one or none
 * @param eosTokenIds tokens that end a sequence, as config.json has them
 */
public record ModelConfig(
    Architecture architecture,
    int vocabularySize,
    int hiddenSize,
    int intermediateSize,
    AttentionSpec attention,
    List<Integer> windows,
    RopeSpec rope,
    float normEpsilon,
    Biases biases,
    Epilogue activation,
    boolean tiedEmbeddings,
    int maxPositions,
    @Nullable DType checkpointType,
    List<Integer> bosTokenIds,
    List<Integer> eosTokenIds) {

  /**
   * Which linears add a bias.
   *
   * @param qkv queries, keys and values
   * @param attentionOutput the projection behind attention
   * @param mlp gate, up and down
   */
  public record Biases(boolean qkv, boolean attentionOutput, boolean mlp) {}

  /**
   * Reads the config.json of a model folder.
   *
   * @throws dev.highbeam.runtime.api.EngineException configuration if it is missing, broken or of a
   *     model that is not supported
   */
  public static ModelConfig read(Path folder) {
    return ConfigReader.read(folder.resolve("config.json"));
  }

  public int layerCount() {
    return windows.size();
  }

  /** Heads, scale and window of one layer. */
  public AttentionSpec attention(int layer) {
    return new AttentionSpec(
        attention.queryHeads(),
        attention.kvHeads(),
        attention.headDim(),
        attention.scale(),
        windows.get(layer),
        attention.softCap());
  }

  /** Columns of all query heads together. */
  public int queryWidth() {
    return attention.queryHeads() * attention.headDim();
  }

  /** Columns of all key heads together; those of the values are as many. */
  public int kvWidth() {
    return attention.kvHeads() * attention.headDim();
  }

  /**
   * Bytes that the packed weights will take, without packing them: matrices in the given type,
   * norms and biases in f32. Tied embeddings count twice, as table and as head, because a backend
   * lays the two out differently.
   */
  public long weightBytes(DType weightType) {
    long hidden = hiddenSize;
    long qkvRows = queryWidth() + 2L * kvWidth();
    long layerMatrices = (qkvRows + queryWidth() + 3L * intermediateSize) * hidden;
    long layerVectors = 2 * hidden;
    layerVectors += biases.qkv() ? qkvRows : 0;
    layerVectors += biases.attentionOutput() ? hidden : 0;
    layerVectors += biases.mlp() ? 2L * intermediateSize + hidden : 0;
    long matrices = layerCount() * layerMatrices + 2L * vocabularySize * hidden;
    long vectors = layerCount() * layerVectors + hidden;
    return matrices * weightType.bytes() + vectors * DType.F32.bytes();
  }

  /** Bytes of keys and values that one token takes in all layers. */
  public long kvBytesPerToken(DType kvType) {
    return 2L * layerCount() * kvWidth() * kvType.bytes();
  }
}
