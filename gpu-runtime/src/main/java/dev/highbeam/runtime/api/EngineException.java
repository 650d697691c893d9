// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import org.jspecify.annotations.Nullable;

/**
 * A failure of the engine or its surroundings, as opposed to a bad record (an {@link
 * Outcome.Rejection}) or a caller's bug (an IllegalArgumentException).
 */
public final class EngineException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What the caller may do about it. */
  public enum Kind {
    /**
     * The model, the configuration or the command is wrong: nothing will change by trying again.
     */
    CONFIGURATION,
    /** The surroundings failed (a file, memory); a retry may succeed. */
    RETRYABLE,
    /** The device is lost for this process: every later call fails at once with the first cause. */
    FATAL
  }

  private final Kind kind;
  private final boolean isDeviceInUse;

  private EngineException(
      Kind kind, String message, @Nullable Throwable cause, boolean isDeviceInUse) {
    super(message, cause);
    this.kind = kind;
    this.isDeviceInUse = isDeviceInUse;
  }

  private EngineException(Kind kind, String message, @Nullable Throwable cause) {
    this(kind, message, cause, false);
  }

  /** The model, the configuration or the command is wrong. */
  public static EngineException configuration(String message) {
    return new EngineException(Kind.CONFIGURATION, message, null);
  }

  /** As {@link #configuration(String)}, with the cause. */
  public static EngineException configuration(String message, Throwable cause) {
    return new EngineException(Kind.CONFIGURATION, message, cause);
  }

  /** The surroundings failed; a retry may succeed. */
  public static EngineException retryable(String message, @Nullable Throwable cause) {
    return new EngineException(Kind.RETRYABLE, message, cause);
  }

  /** The device would do, but somebody else uses it; a retry may succeed. */
  public static EngineException deviceInUse(String message, @Nullable Throwable cause) {
    return new EngineException(Kind.RETRYABLE, message, cause, true);
  }

  /** The device or the engine thread is lost; only a new process helps. */
  public static EngineException fatal(String message, @Nullable Throwable cause) {
    return new EngineException(Kind.FATAL, message, cause);
  }

  /** Whether it would do to wait until somebody else has done with the device. */
  public boolean isDeviceInUse() {
    return isDeviceInUse;
  }

  public Kind kind() {
    return kind;
  }
}
