// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Closes several resources, the last opened first; the first failure is thrown at the end. */
final class Closing {

  private Closing() {}

  static void all(List<? extends AutoCloseable> resources) {
    @Nullable RuntimeException first = null;
    for (int i = resources.size() - 1; i >= 0; i--) {
      try {
        resources.get(i).close();
      } catch (RuntimeException e) {
        first = first == null ? e : first;
      } catch (Exception e) {
        first = first == null ? new IllegalStateException(e) : first;
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
