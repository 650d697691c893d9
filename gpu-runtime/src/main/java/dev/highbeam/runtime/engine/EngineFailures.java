// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineException;

/** Throws a remembered failure again, with the stack trace of the caller who meets it. */
final class EngineFailures {

  private EngineFailures() {}

  static EngineException again(EngineException first) {
    String message = String.valueOf(first.getMessage());
    return switch (first.kind()) {
      case CONFIGURATION -> EngineException.configuration(message, first);
      case RETRYABLE -> EngineException.retryable(message, first);
      case FATAL -> EngineException.fatal(message, first);
    };
  }
}
