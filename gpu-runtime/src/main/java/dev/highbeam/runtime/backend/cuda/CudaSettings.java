// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.EngineConfig;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What the CUDA backend must be told.
 *
 * @param ordinal the device's number in the driver's order
 * @param mayShare whether a device that another process uses will do
 * @param memoryFraction share of the device's memory that may be in use, above 0 to 1
 * @param gpuLayers layers whose weights stay on the device; empty for as many as fit
 * @param kvLocation where keys and values lie
 * @param kernelCacheDir where kernels that the driver compiled are kept, if the user said so
 * @param useGraphs whether steps that only decode are replayed from graphs
 * @param isSynchronous whether to wait after every kernel, so that a fault names its op exactly
 */
record CudaSettings(
    int ordinal,
    boolean mayShare,
    double memoryFraction,
    OptionalInt gpuLayers,
    LayerPlaces.KvLocation kvLocation,
    @Nullable String kernelCacheDir,
    boolean useGraphs,
    boolean isSynchronous) {

  /** The settings of a configuration for one device. */
  static CudaSettings of(EngineConfig config, int ordinal) {
    return new CudaSettings(
        ordinal,
        config.shareGpu(),
        config.memoryFraction(),
        config.gpuLayers(),
        LayerPlaces.kvLocation(config.kvCacheLocation()),
        config.kernelCacheDir().orElse(null),
        !config.enforceEager() && !config.cudaSync(),
        config.cudaSync());
  }
}
