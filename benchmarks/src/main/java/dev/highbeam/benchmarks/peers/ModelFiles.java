// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import dev.highbeam.benchmarks.model.RandomModel;
import java.io.IOException;
import java.nio.file.Path;

/** In which form an engine reads a model. */
@FunctionalInterface
interface ModelFiles {

  /** The file or folder for a kind of weights, which is written if it is not there. */
  Path of(RandomModel model, String weights) throws IOException;

  /** Hugging Face's folder in bfloat16; the engine itself makes other weights of it. */
  static Path huggingFace(RandomModel model, String weights) throws IOException {
    return model.huggingFace();
  }

  /** A GGUF file with the weights, of which int8 is Q8_0. */
  static Path gguf(RandomModel model, String weights) throws IOException {
    return weights.equals("bf16") ? model.ggufBfloat16() : model.ggufQ8();
  }
}
