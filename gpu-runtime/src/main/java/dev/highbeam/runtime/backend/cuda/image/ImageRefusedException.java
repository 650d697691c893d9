// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

/** The driver says that an image is invalid or not for this device (CUDA 200, 209, 222, 218). */
public final class ImageRefusedException extends Exception {

  private static final long serialVersionUID = 1L;

  /**
   * @param message what the driver said, as one phrase with its code
   */
  public ImageRefusedException(String message, Throwable cause) {
    super(message, cause);
  }
}
