// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class TidyRulesTest {
  private static final String SPDX = "// SPDX-License-Identifier: Apache-2.0\n";
  private static final String MAIN = "gpu-runtime/src/main/java/dev/highbeam/runtime/";

  @Test
  void givenCleanJava_check_noFaults() {
    assertThat(TidyRules.java(MAIN + "model/Weights.java", SPDX + "class Weights {}")).isEmpty();
  }

  @Test
  void givenFourHundredLines_check_oneMoreIsTooMany() {
    assertThat(TidyRules.java("A.java", SPDX + "\n".repeat(399))).isEmpty();
    assertThat(TidyRules.java("A.java", SPDX + "\n".repeat(400)))
        .containsExactly("A.java has 401 lines, more than 400");
  }

  @Test
  void givenNoLicence_check_isReported() {
    assertThat(TidyRules.java("A.java", "class A {}")).singleElement().asString().contains("SPDX");
  }

  @Test
  void givenStarImports_check_areReported() {
    for (String line : List.of("import java.util.*;", "import static org.x.Y.*;")) {
      assertThat(TidyRules.java("A.java", SPDX + line)).containsExactly("A.java has a star import");
    }
  }

  @Test
  void givenBannedNames_check_onlyOutsideTests() {
    for (String name : List.of("TextUtil", "TextUtils", "PageManager", "PoolImpl", "BaseEngine")) {
      assertThat(TidyRules.java("a/src/main/java/" + name + ".java", SPDX)).hasSize(1);
      assertThat(TidyRules.java("a/src/test/java/" + name + ".java", SPDX)).isEmpty();
    }
    assertThat(TidyRules.java("a/src/main/java/Based.java", SPDX)).isEmpty();
  }

  @Test
  void givenLock_check_onlyEngineAndCpuMay() {
    String locking = SPDX + "class A { void a() { synchronized (this) {} } }";
    assertThat(TidyRules.java(MAIN + "model/A.java", locking)).hasSize(1);
    assertThat(TidyRules.java(MAIN + "engine/A.java", locking)).isEmpty();
    assertThat(TidyRules.java(MAIN + "backend/cpu/A.java", locking)).isEmpty();
    assertThat(TidyRules.java(MAIN + "backend/cuda/driver/A.java", locking)).isEmpty();
    assertThat(TidyRules.java(MAIN + "backend/cuda/A.java", locking)).hasSize(1);
    assertThat(TidyRules.java(MAIN + "model/A.java", SPDX + "/** Not synchronized. */")).isEmpty();
  }

  @Test
  void givenPackageInfo_check_mustBeThereNullMarkedAndDocumented() {
    assertThat(TidyRules.packageInfo("p", null)).containsExactly("p has no package-info.java");
    assertThat(TidyRules.packageInfo("p", "package p;")).hasSize(2);
    assertThat(TidyRules.packageInfo("p", "/** P. */ @NullMarked package p;")).isEmpty();
  }

  @Test
  void givenOpenTasks_check_needIssueNumber() {
    String task = "TO" + "DO";
    assertThat(TidyRules.code("a", "// " + task + ": later")).hasSize(1);
    assertThat(TidyRules.code("a", "// " + task + "(#12): later")).isEmpty();
    assertThat(TidyRules.code("a", "// FIX" + "ME")).hasSize(1);
  }

  @Test
  void givenHost_check_isReported() {
    assertThat(TidyRules.hosts("a", "see https://repo1." + "maven.org/x")).hasSize(1);
    assertThat(TidyRules.hosts("a", "https://www.apache.org/licenses")).isEmpty();
  }

  @Test
  void givenTitles_check_exactlyOneOutsideCode() {
    assertThat(TidyRules.markdown("a", "# A\n\n```\n# comment\n```\n## B\n")).isEmpty();
    assertThat(TidyRules.markdown("a", "# A\n# B\n")).hasSize(1);
    assertThat(TidyRules.markdown("a", "text\n")).hasSize(1);
  }

  @Test
  void givenNamedPaths_check_mustExist() {
    Set<String> there = Set.of("kernels", "kernels/README.md", "docs");
    assertThat(paths("`kernels/README.md`, `kernels/`, `./docs/`", there)).isEmpty();
    assertThat(paths("`kernels/none`", there)).hasSize(1);
    assertThat(paths("`gone/READ.md` and `gone/`", there)).hasSize(2);
    assertThat(paths("`OUT/results`, `text/plain`, `a b/c.md`, `target/x.md`", there)).isEmpty();
  }

  private static List<String> paths(String content, Set<String> there) {
    return TidyRules.namedPaths("README.md", content, there::contains);
  }
}
