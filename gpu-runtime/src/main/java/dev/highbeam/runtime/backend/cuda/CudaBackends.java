// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.Finding;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.cuda.image.ImageChoice;
import java.util.List;

/** From a configuration to CUDA backends: the package's door for those who choose a backend. */
public final class CudaBackends {

  private static final String PREFIX = "cuda:";

  private CudaBackends() {}

  /** The devices of this machine under a configuration's wishes. */
  public static CudaDevices detect(EngineConfig config) {
    return CudaDevices.detect(
        new ImageChoice.Wish(config.cudaArchList().orElse(null), config.jit()));
  }

  /** The words for all usable devices: cuda:0 and so on. */
  public static List<String> words(CudaDevices devices) {
    return devices.usable().stream().map(ordinal -> PREFIX + ordinal).toList();
  }

  /** What a person must know of this machine's GPUs. */
  public static List<Finding> report(EngineConfig config) {
    return CudaReport.of(config);
  }

  /**
   * The backend for a word such as cuda:1.
   *
   * @throws EngineException if that device cannot be used, with the reason
   */
  public static Backend open(EngineConfig config, String word) {
    int ordinal = Integer.parseInt(word.substring(PREFIX.length()));
    return detect(config).open(CudaSettings.of(config, ordinal));
  }
}
