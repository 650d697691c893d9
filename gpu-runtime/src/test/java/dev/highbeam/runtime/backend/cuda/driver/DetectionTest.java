// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.SM_80;
import static dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.SM_90;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.backend.cuda.image.Capability;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class DetectionTest {

  private CudaDriver driver;

  @BeforeEach
  void findDriver() {
    driver = EmulatedGpu.emulator();
  }

  @AfterEach
  void removeFaults() {
    EmulatedGpu.removeFaults();
  }

  /**
   * Devices are asked one after the other: plants a failure at the second one's first such call.
   */
  private void failFirst(String call, int code) {
    String line = '"' + call + '"';
    long perDevice =
        EmulatedGpu.calls(() -> driver.device(0)).stream()
            .filter(logged -> logged.contains(line))
            .count();
    EmulatedGpu.plantFaults(call + "@" + (perDevice + 1) + "=" + code);
  }

  @Test
  void S1_3_givenOneDeviceThatDoesNotAnswer_detect_reportsItAndTheOthersAreUsable() {
    failFirst("cuDeviceGetAttribute", 999);
    List<DetectedDevice> devices = driver.detect();
    assertThat(devices).hasSize(driver.deviceCount());
    assertThat(devices.get(0)).isInstanceOf(CudaDevice.class);
    assertThat(devices.get(2)).isInstanceOf(CudaDevice.class);
    UnusableDevice lost = (UnusableDevice) devices.get(1);
    assertThat(lost.name()).isEqualTo("Emulated sm_80");
    assertThat(lost.pciBusId()).isNotEqualTo("unknown");
    assertThat(lost.firstCause().code()).isEqualTo(999);
    assertThat(lost.firstCause())
        .hasMessageStartingWith(
            "query of cuda:1: cuDeviceGetAttribute("
                + "CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) failed with CUDA_ERROR_UNKNOWN"
                + " (999)");
    assertThat(driver.device(1).ordinal()).isEqualTo(1);
  }

  @Test
  void S1_3_givenDeviceWithoutEvenAName_detect_saysUnknown() {
    EmulatedGpu.plantFaults("cuDeviceGetName@2+=101");
    List<DetectedDevice> devices = driver.detect();
    assertThat(devices.get(0)).isInstanceOf(CudaDevice.class);
    UnusableDevice lost = (UnusableDevice) devices.get(1);
    assertThat(lost.name()).isEqualTo("unknown");
    assertThat(lost.firstCause().code()).isEqualTo(101);
  }

  @Test
  void S2_11_givenDifferentDevices_factsAreEachItsOwn() {
    CudaDevice ampere = driver.device(SM_80);
    CudaDevice hopper = driver.device(SM_90);
    assertThat(ampere.capability()).isEqualTo(new Capability(8, 0));
    assertThat(hopper.capability()).isEqualTo(new Capability(9, 0));
    assertThat(ampere.multiprocessors()).isEqualTo(108);
    assertThat(hopper.multiprocessors()).isEqualTo(132);
    assertThat(ampere.totalBytes()).isEqualTo(40L << 30);
    assertThat(hopper.totalBytes()).isEqualTo(80L << 30);
    assertThat(ampere.sharedBytesPerBlock()).isEqualTo(163 * 1024);
    assertThat(hopper.sharedBytesPerBlock()).isEqualTo(227 * 1024);
    assertThat(ampere.limits().maxThreads()).isEqualTo(1024);
    assertThat(ampere.displayName()).isEqualTo("cuda:1 (Emulated sm_80)");
  }

  @Test
  void S2_11_givenLeasesOnTwoDevices_theirFactsAndOccupancyDiffer() {
    try (CudaContext ampere = EmulatedGpu.context(SM_80);
        CudaContext turing = EmulatedGpu.context(EmulatedGpu.SM_75);
        AddKernel onAmpere = new AddKernel(ampere);
        AddKernel onTuring = new AddKernel(turing)) {
      assertThat(ampere.device().multiprocessors()).isNotEqualTo(turing.device().multiprocessors());
      // 2,048 resident threads against 1,024.
      assertThat(onAmpere.function.activeBlocksPerMultiprocessor(AddKernel.BLOCK, 0))
          .isGreaterThan(onTuring.function.activeBlocksPerMultiprocessor(AddKernel.BLOCK, 0));
    }
  }

  @Test
  void identities_areDistinctAndStable() {
    List<String> uuids =
        IntStream.range(0, driver.deviceCount()).mapToObj(i -> driver.device(i).uuid()).toList();
    assertThat(uuids).doesNotHaveDuplicates();
    assertThat(uuids)
        .allMatch(uuid -> uuid.matches("GPU(-[0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}"));
    assertThat(driver.device(SM_80).uuid()).isEqualTo(uuids.get(SM_80));
  }

  @Test
  void givenOrdinalOutOfRange_device_namesTheRange() {
    for (int ordinal : new int[] {-1, driver.deviceCount()}) {
      assertThatThrownBy(() -> driver.device(ordinal))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "device ordinal must be from 0 to "
                  + (driver.deviceCount() - 1)
                  + ", was "
                  + ordinal);
    }
  }
}
