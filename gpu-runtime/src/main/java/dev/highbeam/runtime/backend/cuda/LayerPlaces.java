// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

/**
 * Where the bytes of each layer live. The answer never changes a result (promise P6): kernels read
 * the same bytes through another address.
 *
 * @param residentLayers layers, from the first on, whose weights stay on the device; the others are
 *     streamed from pinned host memory in every step
 * @param kvLocation where keys and values lie
 */
record LayerPlaces(int residentLayers, KvLocation kvLocation) {

  /** Everything on the device. */
  static final LayerPlaces ON_DEVICE = new LayerPlaces(Integer.MAX_VALUE, KvLocation.DEVICE);

  /** Where keys and values lie. */
  enum KvLocation {
    DEVICE,
    HOST,
    /** With the weights of their layer. */
    LAYER
  }

  boolean keepsWeightsOnDevice(int layer) {
    return layer < residentLayers;
  }

  boolean keepsKvOnDevice(int layer) {
    return switch (kvLocation) {
      case DEVICE -> true;
      case HOST -> false;
      case LAYER -> keepsWeightsOnDevice(layer);
    };
  }

  /** The location of a setting's word. */
  static KvLocation kvLocation(String word) {
    return switch (word) {
      case "host" -> KvLocation.HOST;
      case "layer" -> KvLocation.LAYER;
      default -> KvLocation.DEVICE;
    };
  }
}
