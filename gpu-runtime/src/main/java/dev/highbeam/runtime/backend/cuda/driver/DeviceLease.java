// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

/**
 * A device chosen for this process. Other processes see it as used until this is closed or the
 * process ends, however it ends.
 */
public final class DeviceLease implements AutoCloseable {

  private final CudaDevice device;
  private final String reason;
  private final DeviceClaims claims;
  private final String key;
  private boolean closed;

  DeviceLease(CudaDevice device, String reason, DeviceClaims claims, String key) {
    this.device = device;
    this.reason = reason;
    this.claims = claims;
    this.key = key;
  }

  public CudaDevice device() {
    return device;
  }

  /** Why this one, in words for a log line. */
  public String reason() {
    return reason;
  }

  /** Gives it back; a second call does nothing. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      claims.release(key);
    }
  }
}
