// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import dev.highbeam.runtime.api.CudaArchList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which image of the jar a device gets: machine code for its very capability, else of the same
 * major capability and not newer, else the newest PTX that it can run, else none. A device is
 * refused for the first reason met on that way, so that a driver that is too old or a list that
 * excludes all is never reported as a matter of the architecture.
 */
public sealed interface ImageChoice {

  /** The device runs this image. */
  record Chosen(TargetArch arch) implements ImageChoice {}

  /** The device runs none, for the reason that the message states. */
  record Refused(Reason reason, String message) implements ImageChoice {}

  /** Why a device runs no image. */
  enum Reason {
    /** Asking the device about itself failed. */
    NOT_EXAMINED,
    /** It is older than any device this product is for. */
    BELOW_FLOOR,
    /** Nothing in the jar is for its architecture. */
    NO_IMAGE,
    /** What is for it is not on the user's list. */
    NOT_LISTED,
    /** Only PTX is for it, and the user switched compiling off. */
    JIT_OFF,
    /** Its driver does not know the format of what is for it. */
    OLD_DRIVER
  }

  /** What the user said about it: which architectures may be used, and whether PTX may. */
  record Wish(@Nullable CudaArchList archs, boolean jit) {

    /** Anything that is best for the device. */
    public static final Wish ANY = new Wish(null, true);

    private boolean lists(TargetArch arch) {
      return archs == null
          || archs.admits(
              arch.isPtx(),
              arch.capability().major(),
              arch.capability().minor(),
              arch.suffixLetter());
    }
  }

  /** Chooses for one device among all that the jar has. */
  static ImageChoice choose(DeviceIdentity device, List<ImageOffer> offers, Wish wish) {
    Capability capability = device.capability();
    if (capability == null) {
      return notExamined(device, offers, "it has not said what it is");
    }
    if (!capability.isAtLeast(Capability.FLOOR)) {
      return refused(
          Reason.BELOW_FLOOR,
          device,
          offers,
          "Highbeam requires compute capability " + Capability.FLOOR + " or newer");
    }
    List<ImageOffer> fitting =
        offers.stream().filter(offer -> offer.arch().runsOn(capability)).toList();
    if (fitting.isEmpty()) {
      return refused(
          Reason.NO_IMAGE,
          device,
          offers,
          "it requires machine code for "
              + capability.major()
              + ".x up to "
              + capability
              + " or PTX for at most "
              + capability);
    }
    List<ImageOffer> listed = fitting.stream().filter(offer -> wish.lists(offer.arch())).toList();
    if (listed.isEmpty()) {
      return refused(
          Reason.NOT_LISTED,
          device,
          offers,
          "it could run "
              + names(fitting)
              + ", but cuda_arch_list="
              + wish.archs
              + " allows none of these");
    }
    List<ImageOffer> allowed =
        listed.stream().filter(offer -> wish.jit || !offer.arch().isPtx()).toList();
    if (allowed.isEmpty()) {
      return refused(
          Reason.JIT_OFF,
          device,
          offers,
          "its driver could compile " + names(listed) + ", but jit=false forbids that");
    }
    return newest(device, offers, allowed);
  }

  /** A device that failed to answer; the cause is the first thing that went wrong. */
  static Refused notExamined(DeviceIdentity device, List<ImageOffer> offers, String cause) {
    return refused(Reason.NOT_EXAMINED, device, offers, "it could not be examined: " + cause);
  }

  private static ImageChoice newest(
      DeviceIdentity device, List<ImageOffer> offers, List<ImageOffer> allowed) {
    DriverVersion driver = device.driver();
    if (driver == null) {
      return notExamined(device, offers, "its driver has not said its version");
    }
    return allowed.stream()
        .filter(offer -> driver.isAtLeast(offer.driverFloor()))
        .min(ImageOffer.BEST_FIRST)
        .<ImageChoice>map(offer -> new Chosen(offer.arch()))
        .orElseGet(() -> oldDriver(device, offers, allowed, driver));
  }

  private static Refused oldDriver(
      DeviceIdentity device,
      List<ImageOffer> offers,
      List<ImageOffer> allowed,
      DriverVersion driver) {
    DriverVersion least =
        allowed.stream().map(ImageOffer::driverFloor).min(DriverVersion::compareTo).orElseThrow();
    return refused(
        Reason.OLD_DRIVER,
        device,
        offers,
        "its driver is too old for "
            + names(allowed)
            + ": needed is a driver for "
            + least.required()
            + ", found is one for "
            + driver
            + "; install a newer driver");
  }

  private static Refused refused(
      Reason reason, DeviceIdentity device, List<ImageOffer> offers, String why) {
    return new Refused(
        reason,
        device.describe()
            + " cannot be used: "
            + why
            + "; this build carries "
            + (offers.isEmpty() ? "no CUDA images" : names(offers)));
  }

  private static String names(List<ImageOffer> offers) {
    return offers.stream()
        .map(ImageOffer::arch)
        .sorted()
        .map(TargetArch::name)
        .collect(Collectors.joining(", "));
  }
}
