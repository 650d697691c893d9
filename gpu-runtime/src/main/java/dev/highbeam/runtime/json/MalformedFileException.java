// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.json;

import java.io.IOException;

/**
 * A file of a model folder does not hold what it must hold, or holds something that is not
 * supported. The message is one sentence that names the file, the place in it and what was found,
 * ready to be shown to the person who chose the folder.
 */
public final class MalformedFileException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * @param fileName the file as the user knows it
   * @param problem the rest of the sentence: the place and what was found there
   */
  public MalformedFileException(String fileName, String problem) {
    super(fileName + ": " + problem);
  }

  /** As above, with the error of the parser as the cause. */
  public MalformedFileException(String fileName, String problem, Throwable cause) {
    super(fileName + ": " + problem, cause);
  }
}
