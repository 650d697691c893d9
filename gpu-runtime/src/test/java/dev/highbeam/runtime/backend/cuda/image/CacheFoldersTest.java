// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.backend.cuda.image.CacheFolders.Choice;
import dev.highbeam.runtime.backend.cuda.image.CacheFolders.Lifetime;
import dev.highbeam.runtime.backend.cuda.image.FaultyFiles.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CacheFoldersTest {

  @TempDir Path root;

  private final FaultyFiles files = new FaultyFiles();
  private final Map<String, String> environment = new HashMap<>();
  private final List<String> warnings = new ArrayList<>();

  @BeforeEach
  void makeHome() throws IOException {
    Files.createDirectory(root.resolve("home"));
  }

  /**
   * Columns: what is set (S setting, V variable, X XDG, H home), what cannot be written, result.
   */
  @ParameterizedTest
  @CsvSource({
    "SVXH, '', setting",
    "VXH, '', variable",
    "XH, '', xdg/highbeam/kernels",
    "H, '', home/.cache/highbeam/kernels",
    "SVXH, S, variable",
    "SVXH, SV, xdg/highbeam/kernels",
    "SVXH, SVX, home/.cache/highbeam/kernels",
    "SH, S, home/.cache/highbeam/kernels",
    "SVXH, SVXH, temporary",
    "S, S, temporary",
    "'', '', temporary"
  })
  void S0_8_givenTheOrder_choose_takesTheFirstThatCanBeWritten(
      String set, String broken, String expected) throws IOException {
    Map<Character, String> folders =
        Map.of('S', "setting", 'V', "variable", 'X', "xdg", 'H', "home");
    set(set.contains("V"), CacheFolders.VARIABLE, root.resolve("variable").toString());
    set(set.contains("X"), "XDG_CACHE_HOME", root.resolve("xdg").toString());
    set(set.contains("H"), "HOME", root.resolve("home").toString());
    List<String> unwritable = new ArrayList<>();
    for (char letter : broken.toCharArray()) {
      unwritable.add(folders.get(letter));
    }
    files.fail(
        Operation.WRITE,
        path -> unwritable.stream().anyMatch(name -> path.startsWith(root.resolve(name))));

    Choice choice = choose(set.contains("S") ? root.resolve("setting").toString() : null);

    if (expected.equals("temporary")) {
      assertThat(choice.lifetime()).isEqualTo(Lifetime.OF_THIS_PROCESS);
      assertThat(choice.folder()).isDirectory();
      assertThat(choice.folder().getFileName().toString()).startsWith("highbeam-kernels-");
      Files.delete(choice.folder());
    } else {
      assertThat(choice.lifetime()).isEqualTo(Lifetime.FOR_LATER);
      assertThat(choice.folder()).isEqualTo(root.resolve(expected)).isEmptyDirectory();
      assertThat(choice.why()).startsWith(choice.folder() + ", by ");
    }
    assertThat(warnings).hasSize(broken.isEmpty() ? 0 : 1);
    for (String name : unwritable) {
      assertThat(warnings.get(0)).contains(root.resolve(name).toString(), "made to fail");
    }
    assertThat(leftovers()).isEmpty();
  }

  @Test
  void S0_8_givenTheWordNone_choose_isMemoryAndTouchesNothing() {
    set(true, "XDG_CACHE_HOME", root.resolve("xdg").toString());
    Choice bySetting = choose("none");
    assertThat(bySetting.folder()).isNull();
    assertThat(bySetting.why()).isEqualTo("memory only, by kernel_cache_dir");

    set(true, CacheFolders.VARIABLE, "none");
    assertThat(choose(null).folder()).isNull();
    assertThat(root.resolve("xdg")).doesNotExist();
    // The setting goes before the variable, in this as in all.
    assertThat(choose(root.resolve("setting").toString()).folder()).isNotNull();
    assertThat(warnings).isEmpty();
  }

  @Test
  void S0_8_givenNoHomeFolder_choose_makesNone() throws IOException {
    Path nonexistent = root.resolve("nonexistent");
    set(true, "HOME", nonexistent.toString());
    set(true, "user.home", root.resolve("home").toString());

    Choice choice = choose(null);

    assertThat(choice.lifetime()).isEqualTo(Lifetime.OF_THIS_PROCESS);
    assertThat(nonexistent).doesNotExist();
    Files.delete(choice.folder());
  }

  @Test
  void S0_8_givenHomeUnset_choose_takesJavasOwn() {
    set(true, "user.home", root.resolve("home").toString());
    assertThat(choose(null).folder()).isEqualTo(root.resolve("home/.cache/highbeam/kernels"));
  }

  @ParameterizedTest
  @CsvSource({"XDG_CACHE_HOME, relative/folder", "XDG_CACHE_HOME, ''", "HOME, ?", "HOME, ''"})
  void S0_8_givenVariablesThatAreNoAbsolutePath_choose_ignoresThem(String name, String value)
      throws IOException {
    set(true, name, value);
    Choice choice = choose(null);
    assertThat(choice.lifetime()).isEqualTo(Lifetime.OF_THIS_PROCESS);
    assertThat(warnings).isEmpty();
    Files.delete(choice.folder());
  }

  @Test
  void S0_8_givenASettingThatIsNoPath_choose_takesTheNext() {
    set(true, "HOME", root.resolve("home").toString());
    assertThat(choose("a\0b").folder()).isEqualTo(root.resolve("home/.cache/highbeam/kernels"));
    assertThat(warnings).hasSize(1);
  }

  @Test
  void S0_8_givenNothingThatCanBeWritten_choose_isMemory() {
    files.fail(Operation.CREATE_FOLDER);
    files.fail(Operation.CREATE_TEMPORARY_FOLDER);
    set(true, "HOME", root.resolve("home").toString());

    Choice choice = choose(root.resolve("setting").toString());

    assertThat(choice.folder()).isNull();
    assertThat(warnings)
        .hasSize(1)
        .first()
        .asString()
        .startsWith("Compiled kernels are kept in memory");
  }

  @Test
  void givenANewFolder_choose_makesItForThisUserAlone() throws IOException {
    Path folder = root.resolve("new/deep");
    choose(folder.toString());
    assertThat(Files.getPosixFilePermissions(folder)).hasSize(3);
    assertThat(Files.getPosixFilePermissions(root.resolve("new"))).hasSize(3);
  }

  private Choice choose(@Nullable String setting) {
    return new CacheFolders(environment::get, files, new CacheActivity(warnings::add))
        .choose(setting);
  }

  private void set(boolean isSet, String name, String value) {
    if (isSet) {
      environment.put(name, value);
    }
  }

  private List<Path> leftovers() throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      return paths.filter(Files::isRegularFile).toList();
    }
  }
}
