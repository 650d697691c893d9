// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.json.MalformedFileException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Turns what can go wrong with a file of a model folder into the one exception that callers see: a
 * wrong file is a configuration error, a failing disk may be tried again.
 */
final class FileProblems {

  private static final int MAX_SHOWN_CHARS = 120;

  private FileProblems() {}

  static EngineException asEngineException(Path path, IOException e) {
    if (e instanceof MalformedFileException) {
      return EngineException.configuration(String.valueOf(e.getMessage()), e);
    }
    if (e instanceof NoSuchFileException) {
      return EngineException.configuration(path + " does not exist", e);
    }
    if (e instanceof AccessDeniedException) {
      return EngineException.configuration(path + " may not be read by this user", e);
    }
    return EngineException.retryable(path + " could not be read: " + e.getMessage(), e);
  }

  /** Refuses what is not a plain file (or a link to one): opening a pipe would wait for ever. */
  static void requireRegular(Path path) {
    if (!Files.exists(path)) {
      throw EngineException.configuration(path + " does not exist");
    }
    if (!Files.isRegularFile(path)) {
      throw EngineException.configuration(path + " is not a regular file");
    }
  }

  /** A name that comes from a file, short and without control characters, in quotes. */
  static String quoted(String name) {
    String text =
        name.length() <= MAX_SHOWN_CHARS ? name : name.substring(0, MAX_SHOWN_CHARS) + "...";
    return "'" + text.replaceAll("\\p{Cntrl}", "?") + "'";
  }
}
