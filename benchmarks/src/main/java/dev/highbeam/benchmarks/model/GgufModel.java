// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import dev.highbeam.runtime.backend.HalfFloats;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Writes a model as llama.cpp reads it: its names of tensors and metadata, its order of rotated
 * rows, its tokenizer. Matrices have the type asked for, vectors are F32, as llama.cpp's own
 * converter and quantizer leave them.
 */
final class GgufModel {

  private static final int NORMAL_TOKEN = 1;
  private static final int CONTROL_TOKEN = 3;
  private static final int QUANTIZATION_VERSION = 2;

  private final ModelShape shape;
  private final RandomWeights weights;
  private final GgufWriter.Type matrixType;
  private final LittleEndianFile file;
  private final GgufWriter gguf;

  private GgufModel(
      ModelShape shape, RandomWeights weights, GgufWriter.Type matrixType, LittleEndianFile file) {
    this.shape = shape;
    this.weights = weights;
    this.matrixType = matrixType;
    this.file = file;
    this.gguf = new GgufWriter(file);
  }

  static void write(Path path, ModelShape shape, RandomWeights weights, GgufWriter.Type matrixType)
      throws IOException {
    try (LittleEndianFile file = new LittleEndianFile(path)) {
      new GgufModel(shape, weights, matrixType, file).write();
    }
  }

  private void write() throws IOException {
    describeModel();
    describeTokenizer();
    List<TensorSpec> tensors = TensorSpec.of(shape);
    float[] factors =
        shape.family() == ModelShape.Family.LLAMA3 ? RopeFactors.of(shape) : new float[0];
    if (factors.length > 0) {
      gguf.announce("rope_freqs.weight", GgufWriter.Type.F32, factors.length);
    }
    for (TensorSpec tensor : tensors) {
      if (tensor.isMatrix()) {
        gguf.announce(tensor.ggufName(), matrixType, tensor.columns(), tensor.rows());
      } else {
        gguf.announce(tensor.ggufName(), GgufWriter.Type.F32, tensor.columns());
      }
    }
    gguf.begin();
    if (factors.length > 0) {
      putFloats(factors);
      gguf.endTensor();
    }
    for (TensorSpec tensor : tensors) {
      putRows(tensor);
      gguf.endTensor();
    }
  }

  private void describeModel() {
    String architecture = shape.family() == ModelShape.Family.LLAMA3 ? "llama" : "qwen2";
    gguf.text("general.architecture", architecture)
        .text("general.type", "model")
        .text("general.name", shape.name())
        .unsigned("general.file_type", matrixType == GgufWriter.Type.Q8_0 ? 7 : 32)
        .unsigned("general.quantization_version", QUANTIZATION_VERSION);
    String prefix = architecture + ".";
    gguf.unsigned(prefix + "block_count", shape.layers())
        .unsigned(prefix + "context_length", shape.maxPositions())
        .unsigned(prefix + "embedding_length", shape.hidden())
        .unsigned(prefix + "feed_forward_length", shape.intermediate())
        .unsigned(prefix + "attention.head_count", shape.heads())
        .unsigned(prefix + "attention.head_count_kv", shape.kvHeads())
        .unsigned(prefix + "attention.key_length", shape.headDim())
        .unsigned(prefix + "attention.value_length", shape.headDim())
        .unsigned(prefix + "rope.dimension_count", shape.headDim())
        .unsigned(prefix + "vocab_size", shape.vocabulary())
        .real(prefix + "rope.freq_base", shape.ropeTheta())
        .real(prefix + "attention.layer_norm_rms_epsilon", shape.normEpsilon());
  }

  private void describeTokenizer() {
    SyntheticVocabulary vocabulary = SyntheticVocabulary.of(shape);
    int[] kinds = new int[shape.vocabulary()];
    Arrays.fill(kinds, 0, shape.textTokens(), NORMAL_TOKEN);
    Arrays.fill(kinds, shape.textTokens(), kinds.length, CONTROL_TOKEN);
    gguf.text("tokenizer.ggml.model", "gpt2")
        .text(
            "tokenizer.ggml.pre",
            shape.family() == ModelShape.Family.LLAMA3 ? "llama-bpe" : "qwen2")
        .texts("tokenizer.ggml.tokens", vocabulary.tokens())
        .integers("tokenizer.ggml.token_type", kinds)
        .texts("tokenizer.ggml.merges", vocabulary.merges())
        .unsigned("tokenizer.ggml.bos_token_id", shape.textTokens())
        .unsigned("tokenizer.ggml.eos_token_id", shape.endToken())
        .flag("tokenizer.ggml.add_bos_token", false);
  }

  private void putRows(TensorSpec tensor) throws IOException {
    RandomWeights.Rows rows = weights.of(tensor);
    short[] row = new short[tensor.columns()];
    float[] values = new float[tensor.columns()];
    for (int place = 0; place < tensor.rows(); place++) {
      rows.get(tensor.rowInGguf(place), row);
      if (tensor.isMatrix() && matrixType == GgufWriter.Type.BF16) {
        ByteBuffer room = file.room(row.length * Short.BYTES);
        room.asShortBuffer().put(row);
        room.position(room.position() + row.length * Short.BYTES);
        continue;
      }
      for (int i = 0; i < row.length; i++) {
        values[i] = HalfFloats.bf16ToFloat(row[i]);
      }
      if (tensor.isMatrix()) {
        Quantizer.q8(values, file.room((int) matrixType.bytes(values.length)));
      } else {
        putFloats(values);
      }
    }
  }

  private void putFloats(float[] values) throws IOException {
    for (float value : values) {
      file.putFloat(value);
    }
  }
}
