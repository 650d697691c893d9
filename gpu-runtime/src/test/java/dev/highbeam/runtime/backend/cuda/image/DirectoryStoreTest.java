// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.backend.cuda.image.FaultyFiles.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class DirectoryStoreTest {

  private static final byte[] IMAGE = "an image".getBytes(java.nio.charset.StandardCharsets.UTF_8);
  private static final long HOUR = Duration.ofHours(1).toMillis();
  private static final long FILE_BYTES = StoredImage.encode("x", IMAGE).length;

  @TempDir Path folder;

  private final FaultyFiles files = new FaultyFiles();
  private final List<String> warnings = new ArrayList<>();
  private long now = 100 * HOUR;
  private CacheActivity activity = new CacheActivity(warnings::add);

  @Test
  void givenASavedImage_load_givesItBackUnderALegalName() throws IOException {
    store().save(key(1), IMAGE);

    assertThat(anotherProcess().load(key(1))).contains(IMAGE);
    assertThat(anotherProcess().load(key(2))).isEmpty();
    assertThat(names()).containsExactly(key(1).fileName()).allMatch(DirectoryStoreTest::isLegal);
    assertThat(files.count(Operation.SYNC)).isEqualTo(1);
    assertThat(warnings).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = Operation.class,
      names = {"WRITE", "SYNC", "MOVE"})
  void S0_3_givenAWriteThatFails_save_leavesNothingAndWarnsOnce(Operation operation)
      throws IOException {
    files.fail(operation);
    DirectoryStore store = store();
    for (int i = 0; i < 3; i++) {
      store.save(key(i), IMAGE);
    }
    assertThat(names()).isEmpty();
    assertThat(warnings).hasSize(1).first().asString().contains("cannot be kept", "made to fail");

    files.repair();
    store.save(key(0), IMAGE);
    assertThat(store.load(key(0))).contains(IMAGE);
  }

  @Test
  void S0_3_givenADiskThatRefusesEverything_save_stillReturns() throws IOException {
    for (Operation operation : Operation.values()) {
      files.fail(operation);
    }
    DirectoryStore store = store();
    store.save(key(1), IMAGE);
    store.evict(key(1));
    assertThat(store.load(key(1))).isEmpty();
    assertThat(store.exclusively(key(1), () -> "built")).isEqualTo("built");
    assertThat(warnings).doesNotHaveDuplicates().hasSizeLessThanOrEqualTo(4);
  }

  @ParameterizedTest
  @EnumSource(
      value = Operation.class,
      names = {"WRITE", "SYNC", "MOVE"})
  void S0_3_S0_6_givenAKillWhileWriting_load_neverSeesAPart(Operation operation)
      throws IOException {
    files.crash(operation, path -> true);
    assertThatThrownBy(() -> store().save(key(1), IMAGE)).isInstanceOf(FaultyFiles.Crash.class);
    files.repair();

    assertThat(anotherProcess().load(key(1))).isEmpty();
    assertThat(names()).hasSize(1).allMatch(name -> name.startsWith("tmp-") && isLegal(name));
    assertThat(anotherProcess().inspect().orphans()).isEqualTo(1);
    anotherProcess().save(key(1), IMAGE);
    assertThat(anotherProcess().load(key(1))).contains(IMAGE);
    assertThat(activity.counts().corrupt()).isZero();
  }

  @Test
  void S0_4_givenADamagedFile_load_isAMissAndSaveMendsIt() throws IOException {
    byte[] sound = StoredImage.encode(key(1).fileName(), IMAGE);
    for (byte[] damaged :
        List.of(new byte[0], Arrays.copyOf(sound, sound.length - 1), new byte[sound.length])) {
      Files.write(folder.resolve(key(1).fileName()), damaged);
      DirectoryStore store = anotherProcess();

      assertThat(store.load(key(1))).isEmpty();
      assertThat(activity.counts().corrupt()).isEqualTo(1);
      assertThat(store.inspect()).isEqualTo(new StoreContents(0, damaged.length, 1, 0));
      store.save(key(1), IMAGE);
      assertThat(store.load(key(1))).contains(IMAGE);
    }
  }

  @Test
  void S0_4_givenAnUnreadableFile_load_isAMissAndSaveMendsIt() {
    store().save(key(1), IMAGE);
    files.fail(Operation.READ);
    DirectoryStore store = anotherProcess();

    assertThat(store.load(key(1))).isEmpty();
    assertThat(activity.counts().corrupt()).isEqualTo(1);
    files.repair();
    store.save(key(1), IMAGE);
    assertThat(store.load(key(1))).contains(IMAGE);
  }

  @Test
  void S0_4_givenAFolderInItsPlace_load_isAMissAndSaveMendsIt() throws IOException {
    Files.createDirectory(folder.resolve(key(1).fileName()));
    DirectoryStore store = store();

    assertThat(store.load(key(1))).isEmpty();
    store.save(key(1), IMAGE);
    assertThat(store.load(key(1))).contains(IMAGE);
  }

  @Test
  void S0_4_givenAFullFolderInItsPlace_save_isHarmless() throws IOException {
    Path inTheWay = Files.createDirectory(folder.resolve(key(1).fileName()));
    Files.write(inTheWay.resolve("file"), IMAGE);
    DirectoryStore store = store();

    store.save(key(1), IMAGE);
    assertThat(store.load(key(1))).isEmpty();
    assertThat(names()).isEmpty();
    assertThat(inTheWay.resolve("file")).exists();
  }

  @Test
  void S0_7_givenTooManyBytes_save_removesTheLeastRecentlyUsed() throws IOException {
    StoreLimits limits = new StoreLimits(3 * FILE_BYTES, 100, Duration.ZERO);
    fill(limits, 3);
    // The oldest is used again, so the second oldest is the one to go.
    now += HOUR;
    assertThat(anotherProcess(limits).load(key(0))).isPresent();
    now += HOUR;
    anotherProcess(limits).save(key(9), IMAGE);
    Files.setLastModifiedTime(folder.resolve(key(9).fileName()), FileTime.fromMillis(now));

    assertThat(names())
        .containsExactlyInAnyOrder(key(0).fileName(), key(2).fileName(), key(9).fileName());
    assertThat(activity.counts().evictions()).isEqualTo(1);
    assertThat(anotherProcess(limits).inspect().bytes()).isEqualTo(3 * FILE_BYTES);
  }

  @Test
  void S0_7_givenTooManyFiles_save_keepsTheLimit() throws IOException {
    StoreLimits limits = new StoreLimits(1 << 20, 2, Duration.ZERO);
    fill(limits, 5);
    assertThat(names()).containsExactlyInAnyOrder(key(3).fileName(), key(4).fileName());
  }

  @Test
  void S0_7_givenFilesThisProcessUses_save_neverRemovesThem() throws IOException {
    StoreLimits limits = new StoreLimits(2 * FILE_BYTES, 100, Duration.ZERO);
    fill(limits, 2);
    DirectoryStore store = anotherProcess(limits);
    store.load(key(0));
    store.save(key(2), IMAGE);
    store.save(key(3), IMAGE);

    assertThat(names())
        .containsExactlyInAnyOrder(key(0).fileName(), key(2).fileName(), key(3).fileName());
  }

  @Test
  void S0_7_givenAKillWhileRemoving_theNextSave_goesOn() throws IOException {
    fill(new StoreLimits(1 << 20, 100, Duration.ZERO), 6);
    StoreLimits limits = new StoreLimits(1 << 20, 2, Duration.ZERO);
    files.crash(Operation.DELETE, path -> path.endsWith(key(2).fileName()));
    assertThatThrownBy(() -> anotherProcess(limits).save(key(7), IMAGE))
        .isInstanceOf(FaultyFiles.Crash.class);
    files.repair();
    assertThat(names()).hasSize(5);

    anotherProcess(limits).save(key(8), IMAGE);
    assertThat(names()).hasSize(2).contains(key(8).fileName());
    assertThat(anotherProcess(limits).inspect().corrupt()).isZero();
  }

  @Test
  void S0_7_givenAFileThatCannotBeRemoved_save_removesTheNext() throws IOException {
    fill(new StoreLimits(1 << 20, 100, Duration.ZERO), 3);
    files.fail(Operation.DELETE, path -> path.endsWith(key(0).fileName()));
    anotherProcess(new StoreLimits(1 << 20, 3, Duration.ZERO)).save(key(3), IMAGE);

    assertThat(names())
        .containsExactlyInAnyOrder(key(0).fileName(), key(2).fileName(), key(3).fileName());
  }

  @Test
  void S0_7_givenLeftovers_save_removesTheOldOnesAndNothingForeign() throws IOException {
    for (String name : List.of("tmp-1-2-3", "k1-sm90-x.lock", "notes.txt")) {
      Files.write(folder.resolve("old-" + name), IMAGE);
      Files.move(folder.resolve("old-" + name), folder.resolve(name));
      age(name, HOUR + 1);
      age(Files.write(folder.resolve(name.replace("x", "y").replace("3", "4")), IMAGE), HOUR - 1);
    }
    store().save(key(1), IMAGE);

    assertThat(names())
        .containsExactlyInAnyOrder(
            "tmp-1-2-4", "k1-sm90-y.lock", "notes.txt", "notes.tyt", key(1).fileName());
  }

  @Test
  void S0_7_givenAnImageLargerThanTheCache_save_doesNotEmptyItForIt() throws IOException {
    StoreLimits limits = new StoreLimits(2 * FILE_BYTES, 100, Duration.ZERO);
    fill(limits, 2);
    anotherProcess(limits).save(key(5), new byte[(int) (2 * FILE_BYTES)]);

    assertThat(names()).containsExactlyInAnyOrder(key(0).fileName(), key(1).fileName());
    assertThat(warnings).hasSize(1).first().asString().contains("larger than its cache");
  }

  @Test
  void givenAFolderOfThisProcess_close_removesIt() throws IOException {
    Path own = Files.createDirectory(folder.resolve("own"));
    DirectoryStore store =
        new DirectoryStore(
            files,
            own,
            CacheFolders.Lifetime.OF_THIS_PROCESS,
            StoreLimits.DEFAULT,
            activity,
            () -> now);
    store.exclusively(key(1), () -> "locked once");
    store.save(key(1), IMAGE);
    store.close();

    assertThat(own).doesNotExist();
    store().close();
    assertThat(folder).exists();
  }

  private DirectoryStore store() {
    return store(StoreLimits.DEFAULT);
  }

  private DirectoryStore store(StoreLimits limits) {
    return new DirectoryStore(
        files, folder, CacheFolders.Lifetime.FOR_LATER, limits, activity, () -> now);
  }

  /** A store over the same folder that has used none of its files yet. */
  private DirectoryStore anotherProcess() {
    return anotherProcess(StoreLimits.DEFAULT);
  }

  private DirectoryStore anotherProcess(StoreLimits limits) {
    activity = new CacheActivity(warnings::add);
    return store(limits);
  }

  /** Images 0 to count - 1, each saved an hour after the one before, by processes of their own. */
  private void fill(StoreLimits limits, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      anotherProcess(limits).save(key(i), IMAGE);
      Path file = folder.resolve(key(i).fileName());
      now += HOUR;
      Files.setLastModifiedTime(file, FileTime.fromMillis(now));
    }
  }

  private void age(String name, long millis) throws IOException {
    age(folder.resolve(name), millis);
  }

  private void age(Path file, long millis) throws IOException {
    Files.setLastModifiedTime(file, FileTime.fromMillis(now - millis));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.filter(Files::isRegularFile).map(path -> path.getFileName().toString()).toList();
    }
  }

  private static boolean isLegal(String name) {
    return name.matches("[a-z0-9._-]{1,128}");
  }

  private static KernelKey key(int number) {
    return new KernelKey(String.format("%064x", number), TargetArch.parse("sm_90"));
  }
}
