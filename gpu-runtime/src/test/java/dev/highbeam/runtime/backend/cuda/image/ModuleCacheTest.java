// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ModuleCacheTest {

  private static final TargetArch SM_80 = TargetArch.parse("sm_80");
  private static final TargetArch PTX_80 = TargetArch.parse("compute_80");

  /** All contexts of one device are equal by value, as records of a driver layer may be. */
  private record Context(int ordinal) {}

  private final ModuleCache<String> cache = new ModuleCache<>();
  private final List<String> loads = Collections.synchronizedList(new ArrayList<>());

  @Test
  void S0_9_givenSixteenThreads_get_loadsOncePerContextAndImage() throws Exception {
    Context[] contexts = {new Context(0), new Context(0)};
    List<String> handles =
        Threads.together(
            16,
            i -> {
              Context context = contexts[i % 2];
              TargetArch arch = i % 4 < 2 ? SM_80 : PTX_80;
              return cache.get(context, arch, () -> load(context, arch, i));
            });

    assertThat(loads).hasSize(4);
    for (int i = 0; i < 16; i++) {
      // A function of one context never reaches a launch in the other.
      assertThat(handles.get(i)).isEqualTo(handles.get(i % 4));
    }
    Set<String> distinct = new HashSet<>(handles);
    assertThat(distinct).hasSize(4);
  }

  @Test
  void S0_9_givenAFailedLoad_get_triesAgain() {
    Context context = new Context(0);
    assertThatThrownBy(
            () ->
                cache.get(
                    context,
                    SM_80,
                    () -> {
                      throw new IllegalStateException("no memory");
                    }))
        .hasMessage("no memory");
    assertThat(cache.get(context, SM_80, () -> "module")).isEqualTo("module");
  }

  @Test
  void S0_9_givenAContextThatEnds_removeContext_returnsItsHandlesOnly() {
    Context ending = new Context(0);
    Context staying = new Context(0);
    cache.get(ending, SM_80, () -> "one");
    cache.get(ending, PTX_80, () -> "two");
    cache.get(staying, SM_80, () -> "three");

    assertThat(cache.removeContext(ending)).containsExactlyInAnyOrder("one", "two");
    assertThat(cache.removeContext(ending)).isEmpty();
    assertThat(cache.get(staying, SM_80, () -> "loaded again")).isEqualTo("three");
    assertThat(cache.get(ending, SM_80, () -> "loaded again")).isEqualTo("loaded again");
  }

  private String load(Context context, TargetArch arch, int thread) {
    String handle = System.identityHashCode(context) + "/" + arch + "/" + thread;
    loads.add(handle);
    return handle;
  }
}
