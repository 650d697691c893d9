// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a stream was last given and how far it is known to have come. An error of a kernel surfaces
 * with some later call; these labels say which operations it can have been.
 *
 * <p>Written by the stream's thread alone. When another thread of the same context meets the error
 * first, it reads what it happens to see: a label may be missing, never wrong.
 */
final class LaunchLog {

  private static final int CAPACITY = 64;

  private final @Nullable String[] labels = new @Nullable String[CAPACITY];
  private long issued;
  private long finished;

  /** Notes an operation and returns its position, from 1. */
  long issue(String label) {
    labels[(int) (issued % CAPACITY)] = label;
    return ++issued;
  }

  /** Position of the last operation. */
  long position() {
    return issued;
  }

  /** Everything up to a position is done. */
  void finished(long position) {
    finished = Math.max(finished, position);
  }

  /** The operations that are not known to be done, oldest first; the last 64 at most. */
  List<String> unfinished() {
    List<String> names = new ArrayList<>();
    long end = issued;
    for (long i = Math.max(finished, end - CAPACITY); i < end; i++) {
      String label = labels[(int) (i % CAPACITY)];
      if (label != null) {
        names.add(label);
      }
    }
    return names;
  }
}
