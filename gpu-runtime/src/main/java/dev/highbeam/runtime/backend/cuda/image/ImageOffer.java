// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.util.Comparator;

/** An image of the jar as something to choose: what it is for and the driver that it needs. */
record ImageOffer(TargetArch arch, DriverVersion driverFloor) {

  /**
   * Best first, among images that run on one device: machine code before PTX, the capability
   * nearest to the device's, the more special of two for the same capability.
   */
  static final Comparator<ImageOffer> BEST_FIRST =
      Comparator.comparing((ImageOffer offer) -> offer.arch.form())
          .thenComparing(offer -> offer.arch.capability(), Comparator.reverseOrder())
          .thenComparing(offer -> offer.arch.suffix(), Comparator.reverseOrder());
}
