// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

/**
 * Hands an image to the driver.
 *
 * @param <H> what the driver gives for it
 */
@FunctionalInterface
public interface ImageLoader<H> {

  /**
   * Loads one image.
   *
   * @throws ImageRefusedException if the driver finds the image itself at fault; any other failure
   *     is thrown as it is
   */
  H load(byte[] image) throws ImageRefusedException;
}
