// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

/**
 * One implementation of the ops on one device. A backend packs weights into its own layout and
 * compiles programs over them. Used by one thread; closing it frees the packed weights.
 */
public interface Backend extends AutoCloseable {

  /**
   * Everything about this backend that can change the bits of a program's results, as a short
   * stable text: kind, device class, library or instruction set, numerics version. A part of the
   * numerics id.
   */
  String numerics(Program program);

  /** One line for people: the device, its threads or multiprocessors, its memory. */
  String describe();

  /** The type of weights and activations when the user leaves the choice. */
  DType defaultType();

  /**
   * The type in which activations are kept for the dtype that the user asked for.
   *
   * @throws dev.highbeam.runtime.api.EngineException configuration, if the device cannot
   */
  DType activationType(DType asked);

  /**
   * The type in which keys and values are kept for the dtype that the user asked for.
   *
   * @throws dev.highbeam.runtime.api.EngineException configuration, if the backend cannot
   */
  DType kvType(DType asked);

  /** Whether planning a step ahead hides host time on this device. */
  boolean prefersAsyncScheduling();

  /**
   * What a program leaves for KV pages, its weights counted, wherever the backend keeps them.
   *
   * @param capacity the limits; its page count does not matter
   * @param fraction share of the memory that the engine may use, above 0 to 1
   */
  PageRoom pageRoom(Program program, Capacity capacity, double fraction);

  /**
   * Takes a linear layer's weights over, kept in weightType or better.
   *
   * @throws IllegalArgumentException if shapes of the members do not fit together
   */
  PackedLinear pack(LinearSpec spec, DType weightType);

  /** Takes an embedding table [rows, width] over, kept in weightType or better. */
  PackedTable packTable(WeightSource source, DType weightType);

  /** Takes a vector over as f32, each element plus the offset (Gemma's norms store weight - 1). */
  PackedVector packVector(WeightSource source, float offset);

  /** Takes all memory that the program needs within the capacity, and makes it ready to run. */
  Executable compile(Program program, Capacity capacity);

  @Override
  void close();
}
