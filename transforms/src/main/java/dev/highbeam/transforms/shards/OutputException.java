// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.shards;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** A file of the job could not be written, in one sentence: disk full, no permission and so on. */
public final class OutputException extends IOException {

  private static final long serialVersionUID = 1L;

  private OutputException(String message, IOException cause) {
    super(message, cause);
  }

  /** The failure to write that file; what is one already stays as it is. */
  public static OutputException of(Path target, IOException cause) {
    return cause instanceof OutputException known
        ? known
        : new OutputException("cannot write " + target + ": " + reason(cause), cause);
  }

  private static String reason(IOException e) {
    // The message of these exceptions begins with the path, which the sentence already has.
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof FileSystemException known && known.getReason() != null) {
      return known.getReason();
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
