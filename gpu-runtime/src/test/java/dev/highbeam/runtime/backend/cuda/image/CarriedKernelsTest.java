// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The images that this very build carries; opening them compares them with their manifest. */
final class CarriedKernelsTest {

  private KernelImages images;

  @BeforeEach
  void openImages() {
    Optional<KernelImages> carried = KernelImages.open();
    if (Boolean.getBoolean("gpu.required")) {
      assertThat(carried).as("this build carries CUDA kernels").isPresent();
    }
    assumeTrue(carried.isPresent(), "this build carries no CUDA kernels: it was made without nvcc");
    images = carried.orElseThrow();
  }

  @Test
  void S1_4_givenEveryDeviceFromTheFloorOn_choose_findsAnImage() {
    for (String capability : "7.5 8.0 8.6 8.9 9.0 10.0 10.3 11.0 12.0 12.1".split(" ")) {
      DeviceIdentity device =
          new DeviceIdentity(
              0,
              "any",
              Capability.parse(capability),
              "GPU-0",
              "0000:01:00.0",
              new DriverVersion(Integer.MAX_VALUE),
              null);
      assertThat(images.choose(device, ImageChoice.Wish.ANY))
          .as(capability)
          .isInstanceOf(ImageChoice.Chosen.class);
    }
  }

  @Test
  void S1_5_givenEveryImage_rows_haveAllKernelsOfTheOldestOne() {
    TargetArch oldest =
        images.manifest().archs().stream()
            .min((a, b) -> a.capability().compareTo(b.capability()))
            .orElseThrow();
    assertThat(oldest.capability()).isEqualTo(Capability.FLOOR);
    Set<String> portable = kernels(oldest);
    assertThat(portable).isNotEmpty();
    for (TargetArch arch : images.manifest().archs()) {
      Set<String> needed = new TreeSet<>(portable);
      // A kernel that works on 7.5 works everywhere, so nothing there may be missing elsewhere; but
      // where linears have warpgroup products, none runs warp products.
      if (arch.suffix() == TargetArch.Suffix.EXACT && arch.capability().major() == 9) {
        needed.removeIf(kernel -> kernel.startsWith("linear_mma_"));
      }
      assertThat(kernels(arch)).as(arch.name()).containsAll(needed);
    }
  }

  @Test
  void givenEveryKernel_rows_haveLaunchBoundsThatADeviceCanHold() {
    for (TargetArch arch : images.manifest().archs()) {
      for (KernelRow row : images.manifest().rows(arch)) {
        assertThat(row.maxThreads()).as(row.kernel()).isBetween(32, 1024);
        assertThat(row.registers() * row.maxThreads()).as(row.kernel()).isLessThanOrEqualTo(65536);
        assertThat(row.staticSharedBytes()).as(row.kernel()).isLessThanOrEqualTo(48 << 10);
      }
    }
  }

  private Set<String> kernels(TargetArch arch) {
    return images.manifest().rows(arch).stream()
        .map(KernelRow::kernel)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
