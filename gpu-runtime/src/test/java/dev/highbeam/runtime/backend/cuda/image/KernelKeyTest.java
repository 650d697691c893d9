// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class KernelKeyTest {

  private static final TargetArch SM_90 = TargetArch.parse("sm_90");
  private static final String BASE_DIGEST =
      "6e379ff54f119b7288bea730755f6148360020efec6b1878ebfb0e453468d1d7";

  @Test
  void S0_1_givenIllegalVersions_fileName_isLegalAndDistinct() {
    List<String> versions =
        List.of(
            "<unknown>",
            "unknown",
            "<x>",
            "x",
            "a/b",
            "a\\b",
            "C:\\x",
            "CON",
            "..",
            "",
            " ",
            "v".repeat(300),
            "v".repeat(301),
            "\uD83D\uDE80",
            "\u0000",
            "a\nb");
    Set<String> names = new HashSet<>();
    for (String version : versions) {
      for (TargetArch target : List.of(SM_90, TargetArch.parse("compute_121"))) {
        String name = key(request("ptx", target, "driver", version, List.of())).fileName();
        assertThat(name).matches("^[a-z0-9._-]{1,128}$");
        assertThat(names.add(name)).as(version).isTrue();
      }
    }
  }

  @Test
  void S0_2_givenOneFieldChanged_of_isAnotherKey() {
    List<CompileRequest> requests =
        List.of(
            base(),
            request("ptx2", SM_90, "driver", "13000", List.of("-O3", "-v")),
            request("ptx", TargetArch.parse("sm_90a"), "driver", "13000", List.of("-O3", "-v")),
            request("ptx", TargetArch.parse("sm_89"), "driver", "13000", List.of("-O3", "-v")),
            request("ptx", SM_90, "nvrtc", "13000", List.of("-O3", "-v")),
            request("ptx", SM_90, "driver", "13010", List.of("-O3", "-v")),
            request("ptx", SM_90, "driver", "13000", List.of("-v", "-O3")),
            request("ptx", SM_90, "driver", "13000", List.of("-O3")),
            request("ptx", SM_90, "driver", "13000", List.of("-O3", "-v", "")));

    assertThat(requests.stream().map(KernelKey::of).map(KernelKey::digest)).doesNotHaveDuplicates();
  }

  @Test
  void S0_2_givenFieldsThatRunTogether_of_keepsThemApart() {
    assertThat(key(request("c", SM_90, "a", "b", List.of("de", "f"))))
        .isNotEqualTo(key(request("c", SM_90, "ab", "", List.of("de", "f"))))
        .isNotEqualTo(key(request("c", SM_90, "a", "b", List.of("d", "ef"))))
        .isNotEqualTo(key(request("fc", SM_90, "a", "b", List.of("de"))));
  }

  /** The value itself: every machine, today and tomorrow, must come to it. */
  @Test
  void S0_2_givenAnEqualRequest_of_isTheSameKeyEverywhere() {
    assertThat(KernelKey.of(base())).isEqualTo(KernelKey.of(base()));
    assertThat(KernelKey.of(base()).fileName()).isEqualTo("k1-sm90-" + BASE_DIGEST);
  }

  private static CompileRequest base() {
    return request("ptx", SM_90, "driver", "13000", List.of("-O3", "-v"));
  }

  private static KernelKey key(CompileRequest request) {
    return KernelKey.of(request);
  }

  static CompileRequest request(
      String source, TargetArch target, String compiler, String version, List<String> options) {
    return new CompileRequest(
        ImageBytes.of(source.getBytes(StandardCharsets.UTF_8)), target, compiler, version, options);
  }
}
