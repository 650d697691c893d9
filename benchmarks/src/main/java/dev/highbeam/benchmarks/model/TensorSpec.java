// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import java.util.ArrayList;
import java.util.List;

/**
 * One tensor of a model, under the names of both worlds.
 *
 * @param rows rows of a matrix; 1 for a vector
 * @param columns values of a row
 * @param rotatedHeads heads whose rows llama.cpp keeps in its own order; 0 for none
 */
record TensorSpec(
    String huggingFaceName, String ggufName, Kind kind, int rows, int columns, int rotatedHeads) {

  enum Kind {
    EMBEDDING,
    MATRIX,
    BIAS,
    NORM
  }

  boolean isMatrix() {
    return kind == Kind.MATRIX || kind == Kind.EMBEDDING;
  }

  long size() {
    return (long) rows * columns;
  }

  /**
   * The row that llama.cpp has at a place. Its Llama rotates neighbouring values, Hugging Face's
   * one value of each half, so that a head's rows 0, 1, 2 are those of 0, d/2, 1 here (permute in
   * convert_hf_to_gguf.py).
   */
  int rowInGguf(int place) {
    if (rotatedHeads == 0) {
      return place;
    }
    int headDim = rows / rotatedHeads;
    int within = place % headDim;
    return place - within + within % 2 * (headDim / 2) + within / 2;
  }

  /** All tensors of a shape, in the order in which files hold them. */
  static List<TensorSpec> of(ModelShape shape) {
    List<TensorSpec> tensors = new ArrayList<>();
    int hidden = shape.hidden();
    tensors.add(
        new TensorSpec(
            "model.embed_tokens.weight",
            "token_embd.weight",
            Kind.EMBEDDING,
            shape.vocabulary(),
            hidden,
            0));
    for (int layer = 0; layer < shape.layers(); layer++) {
      new Layer(shape, layer).addTo(tensors);
    }
    tensors.add(norm("model.norm.weight", "output_norm.weight", hidden));
    return List.copyOf(tensors);
  }

  private record Layer(ModelShape shape, int number) {

    void addTo(List<TensorSpec> tensors) {
      int hidden = shape.hidden();
      int intermediate = shape.intermediate();
      tensors.add(norm(theirs("input_layernorm.weight"), gguf("attn_norm.weight"), hidden));
      addProjection(tensors, "q", shape.queryWidth(), shape.heads());
      addProjection(tensors, "k", shape.kvWidth(), shape.kvHeads());
      addProjection(tensors, "v", shape.kvWidth(), 0);
      tensors.add(
          matrix(
              theirs("self_attn.o_proj.weight"),
              gguf("attn_output.weight"),
              hidden,
              shape.queryWidth()));
      tensors.add(norm(theirs("post_attention_layernorm.weight"), gguf("ffn_norm.weight"), hidden));
      tensors.add(
          matrix(theirs("mlp.gate_proj.weight"), gguf("ffn_gate.weight"), intermediate, hidden));
      tensors.add(
          matrix(theirs("mlp.up_proj.weight"), gguf("ffn_up.weight"), intermediate, hidden));
      tensors.add(
          matrix(theirs("mlp.down_proj.weight"), gguf("ffn_down.weight"), hidden, intermediate));
    }

    private void addProjection(List<TensorSpec> tensors, String letter, int rows, int heads) {
      boolean isLlama = shape.family() == ModelShape.Family.LLAMA3;
      String source = theirs("self_attn." + letter + "_proj.");
      String target = gguf("attn_" + letter + ".");
      tensors.add(
          new TensorSpec(
              source + "weight",
              target + "weight",
              Kind.MATRIX,
              rows,
              shape.hidden(),
              isLlama ? heads : 0));
      if (!isLlama) {
        tensors.add(new TensorSpec(source + "bias", target + "bias", Kind.BIAS, 1, rows, 0));
      }
    }

    private String theirs(String name) {
      return "model.layers." + number + "." + name;
    }

    private String gguf(String name) {
      return "blk." + number + "." + name;
    }
  }

  private static TensorSpec matrix(String name, String ggufName, int rows, int columns) {
    return new TensorSpec(name, ggufName, Kind.MATRIX, rows, columns, 0);
  }

  private static TensorSpec norm(String name, String ggufName, int size) {
    return new TensorSpec(name, ggufName, Kind.NORM, 1, size, 0);
  }
}
