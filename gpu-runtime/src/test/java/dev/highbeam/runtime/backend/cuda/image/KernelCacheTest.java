// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KernelCacheTest {

  private static final KernelKey KEY = new KernelKey("a".repeat(64), TargetArch.parse("sm_90"));
  private static final String FILE = KEY.fileName();

  @TempDir Path folder;

  private final AtomicInteger builds = new AtomicInteger();

  @Test
  void givenAnEmptyFolder_get_buildsOnceForAllLaterProcesses() {
    KernelCache first = open();
    assertThat(text(first.get(KEY, this::build))).isEqualTo("image 1");
    assertThat(text(first.get(KEY, this::build))).isEqualTo("image 1");
    assertThat(first.counts()).isEqualTo(new CacheCounts(1, 1, 1, 0, 0));

    KernelCache second = open();
    assertThat(text(second.get(KEY, this::build))).isEqualTo("image 1");
    assertThat(second.counts()).isEqualTo(new CacheCounts(1, 0, 0, 0, 0));
    assertThat(second.inspect().entries()).isEqualTo(1);
    assertThat(second.location()).isEqualTo(folder + ", by kernel_cache_dir");
  }

  @Test
  void S0_4_givenADamagedFile_get_mendsItAndCounts() throws IOException {
    open().get(KEY, this::build);
    Files.write(folder.resolve(FILE), new byte[] {1});
    KernelCache cache = open();

    assertThat(text(cache.get(KEY, this::build))).isEqualTo("image 2");
    assertThat(cache.counts().builds()).isEqualTo(1);
    assertThat(cache.counts().corrupt()).isPositive();
    assertThat(text(open().get(KEY, this::build))).isEqualTo("image 2");
  }

  @Test
  void S0_6_givenManyThreads_get_buildsOnce() throws Exception {
    KernelCache cache = open();
    List<String> images = Threads.together(16, i -> text(cache.get(KEY, this::build)));

    assertThat(images).containsOnly("image 1");
    assertThat(builds).hasValue(1);
  }

  @Test
  void S0_6_givenTwoCachesOfOneProcess_get_buildsOnce() throws Exception {
    List<String> images = Threads.together(8, i -> text(open().get(KEY, this::build)));

    assertThat(images).containsOnly("image 1");
    assertThat(builds).hasValue(1);
  }

  @Test
  void givenABuildThatFails_get_throwsItAndKeepsNothing() throws IOException {
    KernelCache cache = open();
    assertThatThrownBy(
            () ->
                cache.get(
                    KEY,
                    () -> {
                      throw new IllegalStateException("syntax error in PTX");
                    }))
        .hasMessage("syntax error in PTX");
    assertThat(folder.resolve(FILE)).doesNotExist();
    assertThat(text(cache.get(KEY, this::build))).isEqualTo("image 1");
  }

  @Test
  void S0_5_givenOneRefusal_load_evictsAndBuildsOnceMore() throws Exception {
    open().get(KEY, this::build);
    KernelCache cache = open();
    List<String> seen = new ArrayList<>();

    String handle = cache.load(KEY, this::build, image -> refuse(seen, image, "image 1"));

    assertThat(handle).isEqualTo("handle of image 2");
    assertThat(seen).containsExactly("image 1", "image 2");
    assertThat(cache.counts()).isEqualTo(new CacheCounts(1, 0, 1, 1, 0));
    assertThat(text(open().get(KEY, this::build))).isEqualTo("image 2");
  }

  @Test
  void S0_5_givenEveryImageRefused_load_triesTwiceAndKeepsNothing() {
    KernelCache cache = open();
    List<String> seen = new ArrayList<>();

    assertThatThrownBy(() -> cache.load(KEY, this::build, image -> refuse(seen, image, "image")))
        .isInstanceOf(ImageRefusedException.class)
        .hasMessage("image 1 refused")
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    assertThat(seen).containsExactly("image 1", "image 2");
    assertThat(folder.resolve(FILE)).doesNotExist();
  }

  @Test
  void S0_5_givenAnotherProcessThatReplacedIt_load_takesThatWithoutBuilding() throws Exception {
    open().get(KEY, this::build);
    KernelCache cache = open();
    List<String> seen = new ArrayList<>();

    String handle =
        cache.load(
            KEY,
            () -> {
              throw new AssertionError("nothing to build");
            },
            image -> {
              if (seen.isEmpty()) {
                write(StoredImage.encode(FILE, bytes("another's")));
              }
              return refuse(seen, image, "image 1");
            });

    assertThat(handle).isEqualTo("handle of another's");
  }

  @Test
  void S0_5_givenAnotherFailureOfTheLoader_load_isNoReasonToBuildAgain() {
    assertThatThrownBy(
            () ->
                open()
                    .load(
                        KEY,
                        this::build,
                        image -> {
                          throw new IllegalStateException("out of device memory");
                        }))
        .hasMessage("out of device memory");
    assertThat(builds).hasValue(1);
    assertThat(folder.resolve(FILE)).exists();
  }

  @Test
  void S0_8_givenNone_get_keepsImagesInMemoryOnly() throws Exception {
    KernelCache cache = KernelCache.open("none", name -> null, new DiskFiles());
    cache.get(KEY, this::build);
    assertThat(text(cache.get(KEY, this::build))).isEqualTo("image 1");
    assertThat(cache.counts()).isEqualTo(new CacheCounts(1, 1, 1, 0, 0));
    assertThat(cache.inspect()).isEqualTo(new StoreContents(1, 7, 0, 0));
    assertThat(cache.location()).isEqualTo("memory only, by kernel_cache_dir");

    String handle =
        cache.load(KEY, this::build, image -> refuse(new ArrayList<>(), image, "image 1"));
    assertThat(handle).isEqualTo("handle of image 2");
    cache.close();
    assertThat(cache.inspect().entries()).isZero();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void S1_7_givenWorkersOfDifferentDevices_get_shareAFolderWithoutSharingImages() {
    List<String> images = new ArrayList<>();
    for (int round = 0; round < 2; round++) {
      for (String arch : List.of("sm_75", "sm_89", "sm_90")) {
        CompileRequest request =
            new CompileRequest(
                ImageBytes.of(bytes("the same PTX")),
                TargetArch.parse(arch),
                "cuda-driver",
                "13000",
                List.of());
        images.add(text(open().get(KernelKey.of(request), () -> bytes("for " + arch))));
      }
    }
    assertThat(images)
        .containsExactly(
            "for sm_75", "for sm_89", "for sm_90", "for sm_75", "for sm_89", "for sm_90");
    assertThat(open().inspect().entries()).isEqualTo(3);
  }

  private KernelCache open() {
    return KernelCache.open(folder.toString(), name -> null, new DiskFiles());
  }

  private void write(byte[] file) {
    try {
      Files.write(folder.resolve(FILE), file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private byte[] build() {
    return bytes("image " + builds.incrementAndGet());
  }

  /** A driver that refuses images whose text begins so. */
  private static String refuse(List<String> seen, byte[] image, String refused)
      throws ImageRefusedException {
    seen.add(text(image));
    if (text(image).startsWith(refused)) {
      throw new ImageRefusedException(text(image) + " refused", new IllegalStateException("200"));
    }
    return "handle of " + text(image);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
