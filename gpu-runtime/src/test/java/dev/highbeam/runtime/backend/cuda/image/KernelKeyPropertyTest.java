// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

final class KernelKeyPropertyTest {

  private static final TargetArch SM_90 = TargetArch.parse("sm_90");

  @Property(tries = 500, seed = "2611")
  void S0_1_givenAnyTwoVersions_fileName_differsExactlyIfTheyDo(
      @ForAll String one, @ForAll String other) {
    String first =
        KernelKey.of(KernelKeyTest.request("ptx", SM_90, "driver", one, List.of())).fileName();
    String second =
        KernelKey.of(KernelKeyTest.request("ptx", SM_90, "driver", other, List.of())).fileName();

    assertThat(first).matches("^[a-z0-9._-]{1,128}$");
    assertThat(first.equals(second)).isEqualTo(utf8(one).equals(utf8(other)));
  }

  /** Unpaired surrogates have no UTF-8; all become the same replacement. */
  private static String utf8(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }
}
