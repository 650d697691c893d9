// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.util.List;
import java.util.function.Supplier;

/**
 * What was loaded into each context: one load per context and image, however many threads ask; what
 * belongs to one context is never given out for another. May be used from any thread.
 *
 * @param <H> a handle, such as a module
 */
public final class ModuleCache<H> {

  /** Contexts are told apart by identity: two of one device are two. */
  private record Place(Object context, TargetArch arch) {

    @Override
    public boolean equals(Object other) {
      return other instanceof Place that && context == that.context && arch.equals(that.arch);
    }

    @Override
    public int hashCode() {
      return 31 * System.identityHashCode(context) + arch.hashCode();
    }
  }

  private final OnceMap<Place, H> handles = new OnceMap<>();

  /** The handle of an image in a context, loaded now if it is not. A failed load is forgotten. */
  public H get(Object context, TargetArch arch, Supplier<H> load) {
    return handles.get(new Place(context, arch), load);
  }

  /** Forgets a context, before it is destroyed; returns its handles for the caller to close. */
  public List<H> removeContext(Object context) {
    return handles.removeAll(place -> place.context == context);
  }
}
