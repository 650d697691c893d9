// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.Finding;
import dev.highbeam.runtime.backend.cpu.CpuBackend;
import dev.highbeam.runtime.backend.cuda.CudaBackends;
import dev.highbeam.runtime.backend.cuda.CudaDevices;
import dev.highbeam.runtime.backend.reference.ReferenceBackend;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The only class that knows the implementations: from the device setting's word to backends. */
public final class Backends {

  private static final Logger LOG = LoggerFactory.getLogger(Backends.class);

  private Backends() {}

  /**
   * The devices that serve a configuration, a word of the device setting for each: all usable GPUs
   * for cuda, and for auto if there are any; else one.
   *
   * @throws EngineException configuration, if cuda is asked for and no GPU can be used
   */
  public static List<String> devices(EngineConfig config) {
    return switch (config.device()) {
      case "auto" -> {
        CudaDevices devices = CudaBackends.detect(config);
        List<String> words = CudaBackends.words(devices);
        LOG.info(
            "device=auto takes {}",
            words.isEmpty() ? "the CPU: " + devices.whyNone() : devices.describeUsable());
        yield words.isEmpty() ? List.of("cpu") : words;
      }
      case "cuda" -> {
        CudaDevices devices = CudaBackends.detect(config);
        List<String> words = CudaBackends.words(devices);
        if (words.isEmpty()) {
          throw EngineException.configuration(
              "device=cuda finds no GPU that can be used: " + devices.whyNone());
        }
        yield words;
      }
      default -> List.of(config.device());
    };
  }

  /** What a person must know of the devices of this machine; touches their drivers. */
  public static List<Finding> report(EngineConfig config) {
    List<Finding> findings = new ArrayList<>(CudaBackends.report(config));
    findings.add(CpuBackend.finding());
    return findings;
  }

  /**
   * A new backend for a configuration's device, of several the first; the caller closes it.
   *
   * @throws EngineException if the device cannot be used, with the reason
   */
  public static Backend create(EngineConfig config) {
    String device = devices(config).get(0);
    if (config.gpuLayers().orElse(0) > 0 && !device.startsWith("cuda")) {
      throw EngineException.configuration(
          "gpu_layers must be 0 or unset on the "
              + device
              + " backend, which has no GPU, was "
              + config.gpuLayers().getAsInt());
    }
    if (config.isInt8() && !device.equals("cpu")) {
      throw EngineException.configuration(
          "quantization=int8 is computed by the cpu backend alone, not by " + device);
    }
    return switch (device) {
      case "cpu" -> CpuBackend.create(config.cpuThreads(), config.isInt8());
      case "reference" -> new ReferenceBackend();
      default -> CudaBackends.open(config, device);
    };
  }
}
