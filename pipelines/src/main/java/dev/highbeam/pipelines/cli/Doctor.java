// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.cli;

import dev.highbeam.pipelines.job.ExitCode;
import dev.highbeam.pipelines.job.Preflight;
import dev.highbeam.pipelines.job.ProgramVersion;
import dev.highbeam.pipelines.options.JobSettings;
import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Finding;
import dev.highbeam.runtime.api.InvalidSettingException;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.engine.ModelSummary;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Looks at the machine and the build and prints one line per finding: {@code ok}, or {@code --}
 * with what to do. It starts the drivers of devices, but no engine, so it takes no device memory.
 */
final class Doctor {

  private static final long SMALL_HEAP = 1L << 30;

  private final PrintWriter out;
  private final Preflight.ModelChecker models;
  private final Engines.DeviceChecker devices;

  Doctor(PrintWriter out, Preflight.ModelChecker models, Engines.DeviceChecker devices) {
    this.out = out;
    this.models = models;
    this.devices = devices;
  }

  /** Prints all findings; a finding is no failure, so the exit code is always that of success. */
  ExitCode run(JobSettings settings) {
    ok("Highbeam", ProgramVersion.highbeam());
    ok("Java", Runtime.version() + ", " + System.getProperty("java.vendor"));
    ok("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    ok("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
    heap(Runtime.getRuntime().maxMemory());
    vectors(ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent());
    temporary(Path.of(System.getProperty("java.io.tmpdir", "/tmp")));
    kernels();
    devices(settings.engine());
    if (settings.engine().isSet(EngineSetting.MODEL)) {
      model(settings);
    }
    return ExitCode.DONE;
  }

  private void heap(long bytes) {
    if (bytes >= SMALL_HEAP) {
      ok("Java heap", size(bytes) + " at most");
    } else {
      bad("Java heap", size(bytes) + " at most: set HIGHBEAM_JAVA_OPTS=-Xmx4g for larger models");
    }
  }

  private void vectors(boolean isThere) {
    if (isThere) {
      ok("Vector API", "present, the CPU backend uses it");
    } else {
      bad(
          "Vector API",
          "absent, the CPU backend is slow: start with ./highbeam, or add --add-modules"
              + " jdk.incubator.vector to java");
    }
  }

  private void temporary(Path folder) {
    try {
      Path probe = Files.createTempFile(folder, "highbeam", ".probe");
      Files.delete(probe);
      long free = Files.getFileStore(folder).getUsableSpace();
      ok("temporary folder", folder + ", writable, " + size(free) + " free");
    } catch (IOException e) {
      bad(
          "temporary folder",
          folder + " is not writable: set HIGHBEAM_JAVA_OPTS=-Djava.io.tmpdir=FOLDER");
    }
  }

  private void kernels() {
    CarriedKernels carried;
    try {
      carried = CarriedKernels.ofThisBuild();
    } catch (IOException | IllegalArgumentException e) {
      bad("CUDA kernels", "their list cannot be read (" + e.getMessage() + "): build anew");
      return;
    }
    if (carried.isEmpty()) {
      bad(
          "CUDA kernels",
          "this build carries no CUDA kernels and computes on the CPU; a GPU would not be used");
    } else {
      ok("CUDA kernels", carried.describe());
    }
  }

  private void devices(Settings<EngineSetting> settings) {
    out.flush(); // A driver that is broken enough takes the process along.
    for (Finding finding : devices.look(settings)) {
      line(finding.isGood() ? "ok" : "--", finding.what(), finding.text());
    }
  }

  private void model(JobSettings settings) {
    try {
      ModelSummary model = models.check(EngineConfig.of(settings.engine()));
      ok(
          "model",
          String.format(
              Locale.ROOT,
              "%s, %s, %d layers of width %d, %d tokens in the vocabulary, context %d",
              model.name(),
              model.architecture(),
              model.layerCount(),
              model.hiddenSize(),
              model.vocabularySize(),
              model.maxModelLength()));
      fit(model, Runtime.getRuntime().maxMemory());
    } catch (EngineException | InvalidSettingException e) {
      bad("model", e.getMessage() + ": nothing can run with it until that is mended");
    }
  }

  private void fit(ModelSummary model, long heap) {
    long oneSequence = model.kvBytesPerToken() * model.maxModelLength();
    String needs =
        size(model.weightBytes()) + " of weights, " + size(oneSequence) + " per full sequence";
    if (model.weightBytes() + oneSequence <= heap) {
      ok("memory for it", needs + ", fits the heap of " + size(heap));
    } else {
      bad(
          "memory for it",
          needs
              + ", more than the heap of "
              + size(heap)
              + ": raise -Xmx in HIGHBEAM_JAVA_OPTS or lower --maxModelLen");
    }
  }

  private void ok(String what, String finding) {
    line("ok", what, finding);
  }

  private void bad(String what, String finding) {
    line("--", what, finding);
  }

  private void line(String mark, String what, String finding) {
    out.println(String.format(Locale.ROOT, "%s  %-17s %s", mark, what, finding));
  }

  static String size(long bytes) {
    return bytes < 1L << 30
        ? String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20))
        : String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1 << 30));
  }
}
