// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.backend.cuda.driver.DeviceRequest.Sharing;
import dev.highbeam.runtime.backend.cuda.image.Capability;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rules of choosing, on devices made by hand: no driver takes part. */
final class DeviceChoiceTest {

  private static final LaunchLimits LIMITS =
      new LaunchLimits(1024, Dim3.of(1024, 1024, 64), Dim3.of(1 << 30, 65535, 65535));

  // In the driver's order, fastest first; on the bus the other way round.
  private static final CudaDevice FAST = device(0, "GPU-aaaa1111", "0000:B0:00.0");
  private static final CudaDevice SLOW = device(1, "GPU-aaaa2222", "0000:0A:00.0");
  private static final UnusableDevice LOST =
      new UnusableDevice(
          2, "Lost card", "0000:0B:00.0", new CudaException(999, "call", "what", "it is lost"));

  @TempDir Path temp;

  private static CudaDevice device(int ordinal, String uuid, String pciBusId) {
    return new CudaDevice(
        ordinal,
        "Card " + ordinal,
        new Capability(9, 0),
        uuid,
        pciBusId,
        132,
        1L << 30,
        1 << 17,
        1 << 17,
        2048,
        1 << 20,
        false,
        LIMITS);
  }

  private DeviceChoice choice(Map<String, String> environment, DetectedDevice... devices) {
    return new DeviceChoice(
        List.of(devices), new DeviceClaims(temp.resolve("devices")), environment::get);
  }

  private DeviceLease choose(DeviceRequest request, DetectedDevice... devices) {
    return choice(Map.of(), devices).choose(request);
  }

  private static DeviceRequest explicit(String name) {
    return new DeviceRequest(name, "0", Sharing.REFUSE);
  }

  @Test
  void S3_9_givenOrdinal_choose_takesItBeforeTheExternalIndex() {
    for (String name : List.of("1", "cuda:1", "GPU-aaaa2", "gpu-AAAA2222")) {
      try (DeviceLease lease = choose(explicit(name), FAST, SLOW)) {
        assertThat(lease.device()).isEqualTo(SLOW);
        assertThat(lease.reason()).isEqualTo("asked for as '" + name + "'");
      }
    }
  }

  @Test
  void S3_9_givenExternalIndex_choose_countsByPlaceOnTheBus() {
    DeviceRequest request = new DeviceRequest(null, "0", Sharing.REFUSE);
    try (DeviceLease lease = choose(request, FAST, SLOW)) {
      assertThat(lease.device()).isEqualTo(SLOW);
      assertThat(lease.reason()).isEqualTo("given by the resource manager as 0");
    }
  }

  @Test
  void S3_9_givenNothing_choose_takesTheLeastUsedAndShowsWhatIsVisible() {
    DeviceChoice choice = choice(Map.of("CUDA_VISIBLE_DEVICES", "2,0"), FAST, SLOW, LOST);
    try (DeviceLease first = choice.choose(DeviceRequest.any());
        DeviceLease second = choice.choose(DeviceRequest.any())) {
      assertThat(List.of(first.device(), second.device())).containsExactly(FAST, SLOW);
      assertThat(second.reason()).isEqualTo("least used of 3 visible, CUDA_VISIBLE_DEVICES=2,0");
    }
  }

  @Test
  void givenLeaseClosedTwice_choose_countsItOnce() {
    DeviceLease first = choose(DeviceRequest.any(), FAST, SLOW);
    DeviceLease again = choose(explicit("0"), FAST, SLOW);
    first.close();
    first.close();
    try (DeviceLease third = choose(DeviceRequest.any(), FAST, SLOW)) {
      assertThat(third.device()).isEqualTo(SLOW);
    }
    again.close();
  }

  @Test
  void givenNamesThatFitNoneOrSeveral_choose_listsTheDevices() {
    assertThatThrownBy(() -> choose(explicit("7"), FAST, SLOW))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "device '7' names none of the visible devices: "
                + "cuda:0 (Card 0) GPU-aaaa1111; cuda:1 (Card 1) GPU-aaaa2222");
    assertThatThrownBy(() -> choose(explicit("GPU-aaaa"), FAST, SLOW))
        .hasMessageContaining("names several of");
    for (String index : List.of("2", "-1", "one", "", "99999")) {
      assertThatThrownBy(() -> choose(new DeviceRequest(null, index, Sharing.REFUSE), FAST, SLOW))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("external device index '" + index + "' names none");
    }
  }

  @Test
  void S1_3_givenTheNamedDeviceIsLost_choose_throwsItsFirstCause() {
    assertThatThrownBy(() -> choose(explicit("2"), FAST, SLOW, LOST))
        .isInstanceOf(DriverUnavailableException.class)
        .hasMessage("cuda:2 (Lost card) it is lost")
        .hasCause(LOST.firstCause());
  }

  @Test
  void S1_3_givenNoUsableDevice_choose_namesEachWithItsCause() {
    assertThatThrownBy(() -> choose(DeviceRequest.any(), LOST))
        .isInstanceOf(DriverUnavailableException.class)
        .hasMessage("No CUDA device can be used: cuda:2 (Lost card) it is lost")
        .hasCause(LOST.firstCause());
    assertThatThrownBy(() -> choose(DeviceRequest.any()))
        .hasMessage("No CUDA device can be used: none")
        .hasNoCause();
  }

  @Test
  void givenSlicesOfOneDevice_choose_tellsThemApartByTheEnvironment() {
    // Two processes, each with its own slice; both slices answer with the UUID of the whole.
    try (DeviceLease one =
            choice(Map.of("CUDA_VISIBLE_DEVICES", "MIG-1"), FAST).choose(DeviceRequest.any());
        DeviceLease other =
            choice(Map.of("CUDA_VISIBLE_DEVICES", "MIG-2"), FAST).choose(DeviceRequest.any())) {
      assertThat(temp.resolve("devices"))
          .isDirectoryContaining("glob:**/gpu-aaaa1111-mig-1.0")
          .isDirectoryContaining("glob:**/gpu-aaaa1111-mig-2.0");
      assertThat(other.device()).isEqualTo(one.device());
    }
  }

  @Test
  void givenDevicesWithoutUuid_choose_keepsThemApart() {
    CudaDevice first = device(0, "", "0000:0A:00.0");
    CudaDevice second = device(1, "", "0000:0B:00.0");
    CudaDevice third = device(2, "", "");
    DeviceChoice choice = choice(Map.of(), first, second, third);
    try (DeviceLease a = choice.choose(DeviceRequest.any());
        DeviceLease b = choice.choose(DeviceRequest.any());
        DeviceLease c = choice.choose(DeviceRequest.any())) {
      assertThat(List.of(a.device(), b.device(), c.device())).containsExactly(first, second, third);
    }
  }
}
