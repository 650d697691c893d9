// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import dev.highbeam.schemas.ErrorCode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One row as a file's reader gives it. */
sealed interface SourceRow {

  /** Line or row in the file, from 1. */
  long position();

  /** A row that could be understood. */
  record Good(long position, Map<String, @Nullable Object> values) implements SourceRow {}

  /** A row that could not, or (CORRUPT_INPUT) the place from which the file cannot be read. */
  record Broken(long position, ErrorCode code, String message, String record)
      implements SourceRow {}
}
