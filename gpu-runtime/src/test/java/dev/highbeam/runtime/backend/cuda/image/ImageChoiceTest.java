// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.CudaArchList;
import dev.highbeam.runtime.backend.cuda.image.ImageChoice.Chosen;
import dev.highbeam.runtime.backend.cuda.image.ImageChoice.Reason;
import dev.highbeam.runtime.backend.cuda.image.ImageChoice.Refused;
import dev.highbeam.runtime.backend.cuda.image.ImageChoice.Wish;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class ImageChoiceTest {

  private static final String JAR = "sm_80 sm_86 sm_89 sm_90a compute_80";
  private static final DriverVersion CUDA_13 = new DriverVersion(13000);

  @ParameterizedTest
  @CsvSource({
    "5.2, BELOW_FLOOR",
    "7.0, BELOW_FLOOR",
    "7.5, NO_IMAGE",
    "8.0, sm_80",
    "8.6, sm_86",
    "8.7, sm_86",
    "8.9, sm_89",
    "9.0, sm_90a",
    "10.0, compute_80",
    "10.3, compute_80",
    "11.0, compute_80",
    "12.0, compute_80",
    "12.1, compute_80"
  })
  void S1_2_S1_4_givenTheTableOfDevices_choose_givesTheExpectedVerdict(
      String device, String expected) {
    assertThat(verdict(JAR, device)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    // Of several that fit: machine code first, then the nearest capability, then the suffix.
    "sm_90 sm_90a compute_90 compute_90a, 9.0, sm_90a",
    "sm_90 compute_90a, 9.0, sm_90",
    "compute_75 compute_80, 9.0, compute_80",
    "compute_80 compute_90a, 9.0, compute_90a",
    "compute_80 compute_90a, 10.0, compute_80",
    "sm_100 sm_100a sm_100f, 10.0, sm_100a",
    "sm_100 sm_100a sm_100f, 10.3, sm_100f",
    "sm_120 sm_120f, 12.1, sm_120f",
    "sm_80 compute_75, 8.9, sm_80",
    // Suffix a fits only the very capability, f only the family, and nothing fits an older device.
    "sm_100a, 10.3, NO_IMAGE",
    "sm_100f, 11.0, NO_IMAGE",
    "sm_100f, 12.0, NO_IMAGE",
    "sm_89, 8.6, NO_IMAGE",
    "sm_89, 9.0, NO_IMAGE",
    "sm_120, 12.1, sm_120",
    "compute_90, 8.9, NO_IMAGE",
    "sm_75 sm_80, 7.5, sm_75"
  })
  void S1_4_givenSeveralImages_choose_takesTheBestThatFits(
      String jar, String device, String expected) {
    assertThat(verdict(jar, device)).isEqualTo(expected);
  }

  @Test
  void S1_4_givenTheImagesInAnyOrder_choose_isTheSame() {
    SplittableRandom random = new SplittableRandom(4);
    List<String> names = new ArrayList<>(List.of(JAR.split(" ")));
    for (int round = 0; round < 20; round++) {
      Collections.rotate(names, random.nextInt(5));
      Collections.swap(names, random.nextInt(5), random.nextInt(5));
      assertThat(verdict(String.join(" ", names), "8.9")).isEqualTo("sm_89");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "8.9, 8.9, sm_89",
    "8.0, 8.9, sm_80",
    "9.0, 9.0, sm_90a",
    "sm_90a, 9.0, sm_90a",
    "9.0f, 9.0, NOT_LISTED",
    "8.0+PTX, 9.0, compute_80",
    "compute_80, 8.9, compute_80",
    "8.9, 9.0, NOT_LISTED",
    "8.9, 12.0, NOT_LISTED",
    // Listing an architecture gives no device an image that is not there.
    "7.5;5.2, 7.5, NO_IMAGE",
    "5.2+PTX, 5.2, BELOW_FLOOR"
  })
  void S1_6_givenAList_choose_onlyNarrows(String list, String device, String expected) {
    Wish wish = new Wish(CudaArchList.parse("cuda_arch_list", list), true);
    assertThat(verdict(JAR, device, CUDA_13, wish)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"12.0, JIT_OFF", "9.0, sm_90a", "7.5, NO_IMAGE"})
  void givenNoJit_choose_leavesPtxOut(String device, String expected) {
    assertThat(verdict(JAR, device, CUDA_13, new Wish(null, false))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "13000, 9.0, sm_90a",
    "12090, 9.0, OLD_DRIVER",
    "11040, 12.0, OLD_DRIVER",
    "13010, 12.0, compute_80"
  })
  void S1_9_givenADriver_choose_wantsOneThatKnowsTheImage(
      int driver, String device, String expected) {
    assertThat(verdict(JAR, device, new DriverVersion(driver), Wish.ANY)).isEqualTo(expected);
  }

  @Test
  void S1_9_givenADriverTooOldForTheNewerPtx_choose_fallsToWhatItKnows() {
    List<ImageOffer> offers =
        List.of(
            new ImageOffer(TargetArch.parse("compute_90"), new DriverVersion(13010)),
            new ImageOffer(TargetArch.parse("compute_80"), CUDA_13),
            new ImageOffer(TargetArch.parse("sm_80"), CUDA_13));

    assertThat(ImageChoice.choose(device("12.0", CUDA_13), offers, Wish.ANY))
        .isEqualTo(new Chosen(TargetArch.parse("compute_80")));
    // Machine code of 13.1 loads on 13.0 where its PTX does not.
    assertThat(ImageChoice.choose(device("8.9", CUDA_13), offers, Wish.ANY))
        .isEqualTo(new Chosen(TargetArch.parse("sm_80")));
  }

  @Test
  void S1_3_S1_9_givenAnOldDriver_message_statesBothVersions() {
    Refused refused = refused("9.0", new DriverVersion(12040), Wish.ANY);

    assertThat(refused.message())
        .isEqualTo(
            "CUDA device 1 (NVIDIA Test, compute capability 9.0, GPU-7f, PCI 0000:17:00.0, driver"
                + " for CUDA 12.4 (12040), CUDA_VISIBLE_DEVICES '1,2') cannot be used: its driver"
                + " is too old for sm_90a, compute_80: needed is a driver for CUDA 13.0 (13000),"
                + " which NVIDIA driver 580 brought, found is one for CUDA 12.4 (12040); install a"
                + " newer driver; this build carries sm_80, sm_86, sm_89, sm_90a, compute_80");
  }

  @Test
  void S1_3_givenAnOldDevice_message_statesTheFloor() {
    assertThat(refused("7.0", CUDA_13, Wish.ANY).message())
        .isEqualTo(
            "CUDA device 1 (NVIDIA Test, compute capability 7.0, GPU-7f, PCI 0000:17:00.0, driver"
                + " for CUDA 13.0 (13000), CUDA_VISIBLE_DEVICES '1,2') cannot be used: Highbeam"
                + " requires compute capability 7.5 or newer; this build carries sm_80, sm_86,"
                + " sm_89, sm_90a, compute_80");
  }

  @Test
  void S1_3_givenAFailedQuestion_message_statesTheFirstCauseAndWhatIsUnknown() {
    DeviceIdentity unknown = new DeviceIdentity(1, null, null, null, null, null, null);

    assertThat(
            ImageChoice.notExamined(
                    unknown,
                    offers(JAR),
                    "cuDeviceGetAttribute failed with 999 (CUDA_ERROR_UNKNOWN)")
                .message())
        .isEqualTo(
            "CUDA device 1 (name unknown, compute capability unknown, UUID unknown, PCI unknown,"
                + " driver for an unknown CUDA version, CUDA_VISIBLE_DEVICES unset) cannot be used:"
                + " it could not be examined: cuDeviceGetAttribute failed with 999"
                + " (CUDA_ERROR_UNKNOWN); this build carries sm_80, sm_86, sm_89, sm_90a,"
                + " compute_80");
  }

  @Test
  void S1_3_givenUnknownCapabilityOrDriver_choose_refusesWithoutGuessing() {
    DeviceIdentity noCapability = new DeviceIdentity(0, "x", null, null, null, CUDA_13, null);
    DeviceIdentity noDriver =
        new DeviceIdentity(0, "x", new Capability(9, 0), null, null, null, null);

    for (DeviceIdentity device : List.of(noCapability, noDriver)) {
      assertThat(ImageChoice.choose(device, offers(JAR), Wish.ANY))
          .isInstanceOfSatisfying(
              Refused.class, it -> assertThat(it.reason()).isEqualTo(Reason.NOT_EXAMINED));
    }
  }

  @ParameterizedTest
  @EnumSource(Reason.class)
  void S1_3_givenEachReason_message_saysRequiresOnlyForTheArchitecture(Reason reason) {
    Refused refused =
        switch (reason) {
          case NOT_EXAMINED -> ImageChoice.notExamined(device("9.0", CUDA_13), offers(JAR), "999");
          case BELOW_FLOOR -> refused("7.0", CUDA_13, Wish.ANY);
          case NO_IMAGE -> refused("7.5", CUDA_13, Wish.ANY);
          case NOT_LISTED ->
              refused("9.0", CUDA_13, new Wish(CudaArchList.parse("list", "8.0"), true));
          case JIT_OFF -> refused("12.0", CUDA_13, new Wish(null, false));
          case OLD_DRIVER -> refused("9.0", new DriverVersion(11040), Wish.ANY);
        };
    assertThat(refused.reason()).isEqualTo(reason);
    assertThat(refused.message().contains("requires"))
        .isEqualTo(reason == Reason.BELOW_FLOOR || reason == Reason.NO_IMAGE);
    assertThat(refused.message())
        .contains(
            "device 1",
            "NVIDIA Test",
            "GPU-7f",
            "0000:17:00.0",
            "driver for CUDA 1",
            "'1,2'",
            "sm_90a")
        .doesNotContain("\n", "null");
  }

  @Test
  void S1_3_givenOneBadDeviceOfThree_choose_leavesTheOthersUsable() {
    // Each device is asked about alone, so a failure has nothing to end early.
    List<String> verdicts =
        Stream.of("8.0", null, "9.0")
            .map(
                capability ->
                    capability == null
                        ? ImageChoice.notExamined(
                            new DeviceIdentity(1, null, null, null, null, null, null),
                            offers(JAR),
                            "999")
                        : ImageChoice.choose(device(capability, CUDA_13), offers(JAR), Wish.ANY))
            .map(ImageChoiceTest::text)
            .toList();
    assertThat(verdicts).containsExactly("sm_80", "NOT_EXAMINED", "sm_90a");
  }

  private static String verdict(String jar, String device) {
    return verdict(jar, device, CUDA_13, Wish.ANY);
  }

  private static String verdict(String jar, String device, DriverVersion driver, Wish wish) {
    return text(ImageChoice.choose(device(device, driver), offers(jar), wish));
  }

  private static String text(ImageChoice choice) {
    return choice instanceof Chosen chosen
        ? chosen.arch().name()
        : ((Refused) choice).reason().name();
  }

  private static Refused refused(String device, DriverVersion driver, Wish wish) {
    return (Refused) ImageChoice.choose(device(device, driver), offers(JAR), wish);
  }

  private static DeviceIdentity device(String capability, DriverVersion driver) {
    return new DeviceIdentity(
        1, "NVIDIA Test", Capability.parse(capability), "GPU-7f", "0000:17:00.0", driver, "1,2");
  }

  private static List<ImageOffer> offers(String jar) {
    return Stream.of(jar.split(" "))
        .map(name -> new ImageOffer(TargetArch.parse(name), CUDA_13))
        .toList();
  }
}
