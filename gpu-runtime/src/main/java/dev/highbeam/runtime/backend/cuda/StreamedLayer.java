// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.Program;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The linears of a layer whose weights are streamed, in the order in which they run. */
final class StreamedLayer {

  /** Where a linear's tiles begin: what bulk copies and swizzled tiles want. */
  private static final long ALIGNMENT = 1024;

  private final List<CudaLinear> linears = new ArrayList<>();
  private final List<Long> offsets = new ArrayList<>();
  private long bytes;

  /** The layers of a program that the places leave to streaming, in its order. */
  static List<StreamedLayer> of(Program program, LayerPlaces places) {
    Map<Integer, StreamedLayer> layers = new LinkedHashMap<>();
    for (Op op : program.body()) {
      if (op instanceof Op.Linear linear) {
        CudaLinear weight = (CudaLinear) linear.weight();
        int layer = weight.spec().layer();
        if (!places.keepsWeightsOnDevice(layer)) {
          layers.computeIfAbsent(layer, key -> new StreamedLayer()).add(weight);
        }
      }
    }
    return List.copyOf(layers.values());
  }

  private void add(CudaLinear linear) {
    linears.add(linear);
    offsets.add(bytes);
    bytes += (linear.bytes() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  List<CudaLinear> linears() {
    return linears;
  }

  /** Where the tiles of a linear lie within the layer's slot, or -1 if it is of another layer. */
  long offsetOf(CudaLinear linear) {
    for (int i = 0; i < linears.size(); i++) {
      // Records compare by content; here the very object is meant.
      if (linears.get(i) == linear) {
        return offsets.get(i);
      }
    }
    return -1;
  }

  long offset(int index) {
    return offsets.get(index);
  }

  boolean beginsWith(CudaLinear linear) {
    return linears.get(0) == linear;
  }

  boolean endsWith(CudaLinear linear) {
    return linears.get(linears.size() - 1) == linear;
  }

  /** Bytes of a slot that holds the layer. */
  long bytes() {
    return bytes;
  }
}
