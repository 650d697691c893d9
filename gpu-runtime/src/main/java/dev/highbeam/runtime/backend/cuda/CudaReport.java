// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.Finding;
import dev.highbeam.runtime.backend.cuda.driver.CudaDriver;
import dev.highbeam.runtime.backend.cuda.driver.DriverUnavailableException;
import dev.highbeam.runtime.backend.cuda.image.DriverVersion;
import dev.highbeam.runtime.backend.cuda.image.KernelCache;
import dev.highbeam.runtime.backend.cuda.image.StoreContents;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a person must know of this machine's GPUs, and why one of them is not used. Starts the
 * driver, but makes no context and takes no device memory.
 */
final class CudaReport {

  private static final Path MAPPED_FILES = Path.of("/proc/self/maps");
  private static final Pattern LIBCUDA = Pattern.compile("\\S+ +(/.*/libcuda\\.so\\S*)$");

  private final List<Finding> findings = new ArrayList<>();

  private CudaReport() {}

  static List<Finding> of(EngineConfig config) {
    CudaReport report = new CudaReport();
    report.binding();
    try {
      report.devices(CudaBackends.detect(config));
    } catch (EngineException e) {
      report.bad("CUDA kernels", String.valueOf(e.getMessage()));
    }
    report.kernelCache(config);
    return List.copyOf(report.findings);
  }

  private void binding() {
    try {
      good("JCuda", CudaDriver.nativeLibrary() + ", put there from the program's jar");
    } catch (DriverUnavailableException e) {
      bad("JCuda", String.valueOf(e.getMessage()));
    }
  }

  private void devices(CudaDevices devices) {
    DriverVersion version = devices.driverVersion();
    if (version == null) {
      bad("NVIDIA driver", "not used, without a GPU nothing to do: " + devices.whyNone());
    } else {
      good("NVIDIA driver", version + loadedFrom().map(file -> ", " + file).orElse(""));
      devices.verdicts().forEach(verdict -> add(verdict.isUsable(), "GPU", verdict.describe()));
      if (devices.verdicts().isEmpty()) {
        bad("GPU", devices.whyNone() + ": look at CUDA_VISIBLE_DEVICES and at nvidia-smi");
      }
    }
    List<String> words = CudaBackends.words(devices);
    good("device=auto", "takes " + (words.isEmpty() ? "the CPU" : String.join(", ", words)));
  }

  /** Of several installed drivers the one that this process runs, where the system can say. */
  private static Optional<String> loadedFrom() {
    try (Stream<String> lines = Files.lines(MAPPED_FILES)) {
      return lines.map(LIBCUDA::matcher).filter(Matcher::find).map(m -> m.group(1)).findFirst();
    } catch (IOException | UncheckedIOException e) {
      return Optional.empty(); // Another system than Linux.
    }
  }

  private void kernelCache(EngineConfig config) {
    try (KernelCache cache = KernelCache.open(config.kernelCacheDir().orElse(null))) {
      StoreContents contents = cache.inspect();
      String text =
          String.format(
              Locale.ROOT,
              "%s: %d compiled images, %.1f MiB",
              cache.location(),
              contents.entries(),
              contents.bytes() / 0x1p20);
      if (contents.corrupt() + contents.orphans() == 0) {
        good("kernel cache", text);
      } else {
        bad(
            "kernel cache",
            String.format(
                Locale.ROOT,
                "%s; %d damaged and %d unfinished files, which do no harm and go by themselves",
                text,
                contents.corrupt(),
                contents.orphans()));
      }
    }
  }

  private void good(String what, String text) {
    add(true, what, text);
  }

  private void bad(String what, String text) {
    add(false, what, text);
  }

  private void add(boolean isGood, String what, String text) {
    findings.add(new Finding(isGood, what, text));
  }
}
