// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

/** An image file or its manifest is not what it claims to be; the message is one sentence. */
public final class MalformedImageException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  MalformedImageException(String message) {
    super(message);
  }
}
