// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/** A graph that is being recorded: the streams that take part and what was put into it. */
final class Capture {

  private final CudaStream origin;
  private final String label;
  private final List<CudaStream> streams = new ArrayList<>();
  private final Set<CudaHandle> used = Collections.newSetFromMap(new IdentityHashMap<>());

  Capture(CudaStream origin, String label) {
    this.origin = origin;
    this.label = label;
    streams.add(origin);
  }

  CudaStream origin() {
    return origin;
  }

  String label() {
    return label;
  }

  /** Another stream waits for an event of this capture and so belongs to it from now on. */
  void join(CudaStream stream) {
    if (!streams.contains(stream)) {
      streams.add(stream);
    }
  }

  List<CudaStream> streams() {
    return streams;
  }

  /** The graph will need it at every launch. */
  void use(CudaHandle handle) {
    used.add(handle);
  }

  List<CudaHandle> used() {
    return List.copyOf(used);
  }
}
