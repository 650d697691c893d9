// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code highbeam doctor} as a process of its own, with and without a driver. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "drivers are found by LD_LIBRARY_PATH")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class DoctorTest {

  @TempDir Path folder;

  /** The lines about devices, without what differs between machines. */
  private List<String> doctor(UnaryOperator<ChildProgram> machine, String... options)
      throws Exception {
    List<String> arguments = new ArrayList<>(List.of("doctor"));
    arguments.addAll(List.of(options));
    ChildProgram program = new ChildProgram(Main.class, folder.resolve("log"), arguments);
    ChildProgram.End end =
        machine
            .apply(program)
            .with(Map.of("XDG_CACHE_HOME", folder.resolve("cache").toString()))
            .run();
    assertThat(end.code()).as(end.text()).isZero();
    return end.text()
        .lines()
        .dropWhile(line -> !line.contains("CUDA kernels"))
        .skip(1)
        .filter(line -> !line.contains("CPU kernels"))
        .map(line -> line.replaceAll("[0-9a-f]{64}", "HASH"))
        .map(line -> line.replaceAll("libJCudaDriver-[0-9.]+-[a-z0-9_-]+", "libJCudaDriver"))
        .map(line -> line.replaceAll("GPU-[0-9a-f-]+", "UUID"))
        .map(line -> line.replaceAll("PCI [0-9A-F:.]+", "PCI ADDRESS"))
        .toList();
  }

  @Test
  void givenDevices_listsThemWithTheImageThatEachWouldRunOrWhyNone() throws Exception {
    String cache = folder.resolve("cache/highbeam").toString();
    assertThat(
            doctor(
                program ->
                    program
                        .withDevices("80:40G,90:80G,75:16G,70:16G")
                        .with(Map.of("EMU_FAULTS", "cuDeviceTotalMem@2=999")),
                "--cudaArchList=8.0"))
        .containsExactly(
            "ok  JCuda             "
                + cache
                + "/native/HASH/libJCudaDriver.so, put there from the program's jar",
            "ok  NVIDIA driver     CUDA 13.0 (13000), "
                + ChildProgram.emulator().resolve("libcuda.so.1"),
            "ok  GPU               cuda:0 (Emulated sm_80): compute capability 8.0, 40.0 GiB,"
                + " UUID, kernels sm_80",
            "--  GPU               CUDA device 1 (Emulated sm_90, compute capability unknown, UUID"
                + " unknown, PCI ADDRESS, driver for CUDA 13.0 (13000), CUDA_VISIBLE_DEVICES unset)"
                + " cannot be used: it could not be examined: query of cuda:1: cuDeviceTotalMem"
                + " failed with CUDA_ERROR_UNKNOWN (999), cuDeviceTotalMem_v2: planted failure; this"
                + " build carries sm_80, sm_90a, compute_75, compute_80",
            "--  GPU               CUDA device 2 (Emulated sm_75, compute capability 7.5, UUID, PCI"
                + " ADDRESS, driver for CUDA 13.0 (13000), CUDA_VISIBLE_DEVICES unset) cannot be"
                + " used: it could run compute_75, but cuda_arch_list=sm_80 allows none of these; this"
                + " build carries sm_80, sm_90a, compute_75, compute_80",
            "--  GPU               CUDA device 3 (Emulated sm_70, compute capability 7.0, UUID, PCI"
                + " ADDRESS, driver for CUDA 13.0 (13000), CUDA_VISIBLE_DEVICES unset) cannot be"
                + " used: Highbeam requires compute capability 7.5 or newer; this build carries"
                + " sm_80, sm_90a, compute_75, compute_80",
            "ok  device=auto       takes cuda:0",
            "ok  kernel cache      "
                + cache
                + "/kernels, by XDG_CACHE_HOME: 0 compiled images, 0.0 MiB");
  }

  @Test
  void givenNoDriver_saysThatItIsNotThere() throws Exception {
    assertThat(ChildProgram.emulator())
        .exists(); // A build without kernels has other things to say.
    assumeTrue(
        Stream.of("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib/wsl/lib", "/usr/lib")
            .noneMatch(place -> Files.exists(Path.of(place, "libcuda.so.1"))),
        "this machine has a driver");
    String cache = folder.resolve("cache/highbeam").toString();
    assertThat(doctor(program -> program))
        .containsExactly(
            "ok  JCuda             "
                + cache
                + "/native/HASH/libJCudaDriver.so, put there from the program's jar",
            "--  NVIDIA driver     not used, without a GPU nothing to do: The CUDA driver library"
                + " libcuda.so.1 cannot be loaded on this machine: libcuda.so.1: cannot open shared"
                + " object file: No such file or directory.",
            "ok  device=auto       takes the CPU",
            "ok  kernel cache      "
                + cache
                + "/kernels, by XDG_CACHE_HOME: 0 compiled images, 0.0 MiB");
  }
}
