// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Finding;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.Counter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of the emulated devices. */
final class CudaReportTest {

  @TempDir private Path folder;
  private Settings<EngineSetting> settings = Settings.none(EngineSetting.class);

  @BeforeEach
  void loadDriver() {
    EmulatedGpu.emulator();
    settings =
        settings
            .with(EngineSetting.MODEL, "none")
            .with(EngineSetting.KERNEL_CACHE_DIR, folder.toString());
  }

  private List<Finding> report() {
    return CudaBackends.report(EngineConfig.of(settings));
  }

  private List<String> texts(String what) {
    return report().stream()
        .filter(finding -> finding.what().equals(what))
        .map(
            finding ->
                (finding.isGood() ? "ok " : "-- ")
                    + finding.text().replaceAll("GPU-[0-9a-f-]+", "UUID"))
        .toList();
  }

  @Test
  void givenEmulatedDevices_report_saysWhatEachWouldRun() {
    int created = EmulatedGpu.count(Counter.CONTEXTS_CREATED, 0);
    assertThat(report().stream().map(Finding::what).distinct())
        .containsExactly("JCuda", "NVIDIA driver", "GPU", "device=auto", "kernel cache");
    assertThat(texts("JCuda").get(0))
        .containsPattern("^ok /.*/[0-9a-f]{64}/libJCudaDriver-.*\\.so, put there from the program");
    assertThat(texts("NVIDIA driver").get(0))
        .startsWith("ok CUDA 13.0 (13000), /")
        .endsWith("/libcuda.so.1");
    assertThat(texts("GPU"))
        .containsExactly(
            "ok cuda:0 (Emulated sm_75): compute capability 7.5, 16.0 GiB, UUID, kernels compute_75, compiled by its driver",
            sm80(1),
            sm80(2),
            sm90(3),
            sm80(4),
            sm90(5),
            sm80(6),
            "ok cuda:7 (Emulated sm_120): compute capability 12.0, 32.0 GiB, UUID, kernels compute_80, compiled by its driver");
    assertThat(texts("device=auto").get(0)).startsWith("ok takes cuda:0, cuda:1, cuda:2");
    assertThat(texts("kernel cache"))
        .containsExactly("ok " + folder + ", by kernel_cache_dir: 0 compiled images, 0.0 MiB");
    assertThat(EmulatedGpu.count(Counter.CONTEXTS_CREATED, 0)).isEqualTo(created);
  }

  private static String sm80(int ordinal) {
    return String.format(
        "ok cuda:%d (Emulated sm_80): compute capability 8.0, 40.0 GiB, UUID, kernels sm_80",
        ordinal);
  }

  private static String sm90(int ordinal) {
    return String.format(
        "ok cuda:%d (Emulated sm_90): compute capability 9.0, 80.0 GiB, UUID, kernels sm_90a",
        ordinal);
  }

  @Test
  void givenWishesThatRuleDevicesOut_report_saysWhichWishAndWhatIsLeft() {
    settings = settings.with(EngineSetting.JIT, false);
    assertThat(texts("GPU").get(0))
        .startsWith("-- CUDA device 0 (Emulated sm_75, compute capability 7.5, UUID, PCI ")
        .contains("its driver could compile compute_75, but jit=false forbids that");
    assertThat(texts("device=auto").get(0)).startsWith("ok takes cuda:1, cuda:2");

    settings = settings.with(EngineSetting.CUDA_ARCH_LIST, "10.0");
    assertThat(texts("GPU")).allMatch(text -> text.contains("cuda_arch_list=sm_100 allows none"));
    assertThat(texts("device=auto")).containsExactly("ok takes the CPU");
  }

  @Test
  void givenImagesAndRubbish_report_countsThem() throws IOException {
    Settings<EngineSetting> device =
        settings.with(EngineSetting.DEVICE, "cuda:0").with(EngineSetting.SHARE_GPU, true);
    try (Backend compiled = CudaBackends.open(EngineConfig.of(device), "cuda:0")) {
      assertThat(compiled.describe()).contains("compute_75 compiled by driver");
    }
    assertThat(texts("kernel cache").get(0)).matches("ok .*: 1 compiled images, [1-9].* MiB");

    Path image;
    try (Stream<Path> files = Files.list(folder)) {
      image = files.filter(file -> !file.toString().endsWith(".lock")).findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(image);
    bytes[bytes.length / 2] ^= 1;
    Files.write(image, bytes);
    Files.write(folder.resolve("tmp-7-begun"), new byte[3]);
    assertThat(texts("kernel cache").get(0))
        .startsWith("-- " + folder + ", by kernel_cache_dir: 0 compiled images, ")
        .endsWith("1 damaged and 1 unfinished files, which do no harm and go by themselves");
  }
}
