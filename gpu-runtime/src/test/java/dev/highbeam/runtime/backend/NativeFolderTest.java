// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NativeFolderTest {

  private static final byte[] CONTENT = {1, 2, 3, 4, 5};

  /** SHA-256 of the five bytes above. */
  private static final String NAME =
      "74f81fe167d99b4cb41d6d0ccda82278caee9f3e2f25d5e5a3936ff3dcec60d0";

  @TempDir Path temp;

  private Path place(Path... roots) throws IOException {
    return NativeFolder.place(CONTENT, "lib.so", List.of(roots));
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> String.valueOf(file.getFileName())).toList();
    }
  }

  @Test
  void S0_11_givenEmptyFolder_place_namesItByContentAndLeavesNothingElse() throws IOException {
    Path file = place(temp);
    assertThat(file).isEqualTo(temp.resolve(NAME).resolve("lib.so")).hasBinaryContent(CONTENT);
    assertThat(files(temp.resolve(NAME))).containsExactly("lib.so");
    assertThat(Files.getPosixFilePermissions(temp.resolve(NAME)))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
  }

  @Test
  void S0_11_givenTruncatedOrChangedFile_place_healsIt() throws IOException {
    Path file = place(temp);
    for (byte[] bad : List.of(new byte[0], new byte[] {1, 2, 3}, new byte[] {1, 2, 3, 4, 6})) {
      Files.write(file, bad);
      assertThat(place(temp)).hasBinaryContent(CONTENT);
    }
    assertThat(files(temp.resolve(NAME))).containsExactly("lib.so");
  }

  @Test
  void givenGoodFile_place_doesNotWriteAgain() throws IOException {
    Path file = place(temp);
    Object before = Files.getAttribute(file, "unix:ino");
    assertThat(Files.getAttribute(place(temp), "unix:ino")).isEqualTo(before);
  }

  @Test
  void givenSymbolicLinkInItsPlace_place_replacesTheLink() throws IOException {
    Path file = place(temp);
    Path elsewhere = Files.write(temp.resolve("elsewhere"), CONTENT);
    Files.delete(file);
    Files.createSymbolicLink(file, elsewhere);
    assertThat(Files.isSymbolicLink(place(temp))).isFalse();
  }

  @Test
  void givenRootThatIsNoFolder_place_takesTheNext() throws IOException {
    Path file = Files.write(temp.resolve("file"), CONTENT);
    assertThat(place(file, temp.resolve("next"))).startsWith(temp.resolve("next"));
  }

  @Test
  void givenFolderThatOthersCanWrite_place_takesTheNext() throws IOException {
    Path open = Files.createDirectories(temp.resolve("open").resolve(NAME));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(place(temp.resolve("open"), temp.resolve("next"))).startsWith(temp.resolve("next"));
  }

  @Test
  void givenNoRootThatWorks_place_usesAFolderOfThisProcess() throws IOException {
    Path file = place(Files.write(temp.resolve("file"), CONTENT));
    assertThat(file).hasBinaryContent(CONTENT);
    Files.delete(file);
    Files.delete(file.getParent());
  }

  @Test
  void givenEnvironment_defaultRoots_prefersTheCacheHome() {
    String home = System.getProperty("user.home");
    assertThat(NativeFolder.defaultRoots(Map.of("XDG_CACHE_HOME", "/cache")::get))
        .containsExactly(Path.of("/cache/highbeam/native"));
    assertThat(NativeFolder.defaultRoots(Map.<String, String>of()::get))
        .containsExactly(Path.of(home, ".cache/highbeam/native"));
    assertThat(NativeFolder.defaultRoots(Map.of("XDG_CACHE_HOME", "relative")::get))
        .containsExactly(Path.of(home, ".cache/highbeam/native"));
  }
}
