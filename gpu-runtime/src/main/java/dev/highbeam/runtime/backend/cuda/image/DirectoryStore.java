// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * A folder of compiled images that any number of processes share. What makes that safe:
 *
 * <ul>
 *   <li>a file is written under another name, forced out, then renamed, so that its name never
 *       stands for a part of it;
 *   <li>it is checked whole when read; what is unsound is not there, and the next save mends it;
 *   <li>any of its files may vanish at any time: that is a miss.
 * </ul>
 *
 * <p>The least recently used files go when there are too many, never one that this process uses.
 */
final class DirectoryStore implements KernelStore {

  static final String TEMPORARY = "tmp-";
  private static final String LOCK = ".lock";
  private static final String IMAGE = "k";

  private final StoreFiles files;
  private final Path folder;
  private final CacheFolders.Lifetime lifetime;
  private final StoreLimits limits;
  private final CacheActivity activity;
  private final LongSupplier nowMillis;
  private final BuildLock lock;

  DirectoryStore(
      StoreFiles files,
      Path folder,
      CacheFolders.Lifetime lifetime,
      StoreLimits limits,
      CacheActivity activity,
      LongSupplier nowMillis) {
    this.files = files;
    this.folder = folder;
    this.lifetime = lifetime;
    this.limits = limits;
    this.activity = activity;
    this.nowMillis = nowMillis;
    this.lock = new BuildLock(limits.lockPatience(), activity);
  }

  @Override
  public Optional<byte[]> load(KernelKey key) {
    Path file = folder.resolve(key.fileName());
    byte[] bytes;
    try {
      bytes = files.read(file, limits.maxBytes());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      activity.foundCorrupt();
      activity.warnOnce("read", "A compiled kernel cannot be read and is made again: " + e);
      return Optional.empty();
    }
    Optional<byte[]> image = StoredImage.decode(key.fileName(), bytes);
    if (image.isPresent()) {
      activity.uses(key.fileName());
      touch(file);
    } else {
      activity.foundCorrupt();
      activity.warnOnce("corrupt", file + " is damaged and is made again");
    }
    return image;
  }

  @Override
  public void save(KernelKey key, byte[] image) {
    byte[] bytes = StoredImage.encode(key.fileName(), image);
    if (bytes.length > limits.maxBytes()) {
      activity.warnOnce("size", "A compiled kernel is larger than its cache and is not kept");
      return;
    }
    Path temporary = folder.resolve(temporaryName(key));
    try {
      files.write(temporary, bytes);
      files.sync(temporary);
      replace(temporary, folder.resolve(key.fileName()));
      activity.uses(key.fileName());
    } catch (IOException e) {
      remove(temporary);
      activity.warnOnce("write", "Compiled kernels cannot be kept in " + folder + ": " + e);
    }
    clear();
  }

  @Override
  public void evict(KernelKey key) {
    if (remove(folder.resolve(key.fileName()))) {
      activity.evicted();
    }
  }

  @Override
  public <T> T exclusively(KernelKey key, Supplier<T> body) {
    return lock.hold(folder.resolve(key.fileName() + LOCK), body);
  }

  @Override
  public StoreContents inspect() {
    int entries = 0;
    int corrupt = 0;
    int orphans = 0;
    long bytes = 0;
    for (StoreFiles.Facts file : list()) {
      if (file.name().startsWith(TEMPORARY)) {
        orphans++;
      } else if (isImage(file.name()) && isSound(file.name())) {
        entries++;
      } else if (isImage(file.name())) {
        corrupt++;
      } else {
        continue;
      }
      bytes += file.bytes();
    }
    return new StoreContents(entries, bytes, corrupt, orphans);
  }

  @Override
  public void close() {
    if (lifetime == CacheFolders.Lifetime.OF_THIS_PROCESS) {
      list().forEach(file -> remove(folder.resolve(file.name())));
      remove(folder);
    }
  }

  /** Something in the file's place that a rename does not replace, a folder say, is moved away. */
  private void replace(Path temporary, Path file) throws IOException {
    try {
      files.move(temporary, file);
    } catch (IOException first) {
      if (!remove(file)) {
        throw first;
      }
      files.move(temporary, file);
    }
  }

  /** Brings the folder within its limits and removes what others left behind. */
  private void clear() {
    long now = nowMillis.getAsLong();
    List<StoreFiles.Facts> images = new ArrayList<>();
    for (StoreFiles.Facts file : list()) {
      boolean isOld = now - file.changedMillis() > StoreLimits.LEFT_BEHIND.toMillis();
      if (isImage(file.name())) {
        images.add(file);
      } else if (isOld && (file.name().startsWith(TEMPORARY) || file.name().endsWith(LOCK))) {
        remove(folder.resolve(file.name()));
      }
    }
    images.sort(
        Comparator.comparingLong(StoreFiles.Facts::changedMillis)
            .thenComparing(StoreFiles.Facts::name));
    long bytes = images.stream().mapToLong(StoreFiles.Facts::bytes).sum();
    int count = images.size();
    for (StoreFiles.Facts oldest : images) {
      if (bytes <= limits.maxBytes() && count <= limits.maxFiles()) {
        return;
      }
      if (!activity.isUsing(oldest.name()) && remove(folder.resolve(oldest.name()))) {
        activity.evicted();
        bytes -= oldest.bytes();
        count--;
      }
    }
  }

  private List<StoreFiles.Facts> list() {
    try {
      return files.list(folder);
    } catch (IOException e) {
      activity.warnOnce("list", "The folder of compiled kernels cannot be read: " + e);
      return List.of();
    }
  }

  private boolean isSound(String name) {
    try {
      byte[] bytes = files.read(folder.resolve(name), limits.maxBytes());
      return StoredImage.decode(name, bytes).isPresent();
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean isImage(String name) {
    return name.startsWith(IMAGE) && !name.endsWith(LOCK);
  }

  private void touch(Path file) {
    try {
      files.touch(file, nowMillis.getAsLong());
    } catch (IOException e) {
      // It only ages faster than it should.
      return;
    }
  }

  private boolean remove(Path path) {
    try {
      files.delete(path);
      return true;
    } catch (IOException e) {
      activity.warnOnce("delete", "A file of the kernel cache cannot be removed: " + e);
      return false;
    }
  }

  /** Unlike that of any other process or moment; were it not, writing would fail harmlessly. */
  private static String temporaryName(KernelKey key) {
    return TEMPORARY
        + ProcessHandle.current().pid()
        + "-"
        + Long.toHexString(System.nanoTime())
        + "-"
        + key.digest().substring(0, 16);
  }
}
