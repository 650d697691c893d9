// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.PackedLinear;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.DevicePointer;
import dev.highbeam.runtime.backend.cuda.driver.PinnedMemory;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A linear's weights. They are read when the program is compiled, because only then it is known
 * what else the memory must hold, and with that where they go: to the device, or, for a streamed
 * layer, into pinned host memory. The bias goes to the device in any case.
 */
final class CudaLinear implements PackedLinear {

  private final LinearSpec spec;
  private final DType dtype;
  private final WeightTiles tiles;
  private @Nullable DeviceMemory resident;
  private List<PinnedMemory> streamed = List.of();
  private @Nullable DeviceMemory bias;

  CudaLinear(LinearSpec spec, DType dtype) {
    this.spec = spec;
    this.dtype = dtype;
    this.tiles = new WeightTiles(spec, dtype);
  }

  @Override
  public LinearSpec spec() {
    return spec;
  }

  /** Type of the weights. */
  DType dtype() {
    return dtype;
  }

  /** Bytes of the tiles, wherever they go. */
  @Override
  public long bytes() {
    return tiles.bytes();
  }

  boolean isPlaced() {
    return resident != null || !streamed.isEmpty();
  }

  boolean isStreamed() {
    return !streamed.isEmpty();
  }

  /** Puts the weights onto the device. */
  void placeOnDevice(WeightUpload upload) {
    bias = upload.vector(spec.name() + " bias", tiles.bias());
    resident = upload.tiles(spec.name(), tiles);
  }

  /** Puts the weights into pinned memory. */
  void placeOnHost(WeightUpload upload) {
    bias = upload.vector(spec.name() + " bias", tiles.bias());
    streamed = upload.pinnedTiles(spec.name(), tiles);
  }

  /** The tiles of a resident linear. */
  DevicePointer tiles() {
    DeviceMemory memory = resident;
    if (memory == null) {
      throw new IllegalStateException(spec.name() + " has no fixed place on the device");
    }
    return memory.pointer();
  }

  /** The tiles of a streamed linear, in pieces of whole tiles. */
  List<PinnedMemory> pieces() {
    return streamed;
  }

  /** The bias, f32 in packed row order, or null. */
  @Nullable DeviceMemory bias() {
    return bias;
  }
}
