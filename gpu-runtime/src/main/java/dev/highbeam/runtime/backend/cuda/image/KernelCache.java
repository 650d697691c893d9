// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Compiled images by what they were compiled from: at most one compilation per key in this process
 * and, where the store is a folder, on this host. May be used from any thread.
 */
public final class KernelCache implements AutoCloseable {

  private final KernelStore store;
  private final CacheActivity activity;
  private final String location;
  private final OnceMap<KernelKey, byte[]> building = new OnceMap<>();
  private final OnceMap<KernelKey, byte[]> rebuilding = new OnceMap<>();

  /**
   * @param location where the store is and why there, for people
   */
  KernelCache(KernelStore store, CacheActivity activity, String location) {
    this.store = store;
    this.activity = activity;
    this.location = location;
  }

  /**
   * Opens the cache of this process.
   *
   * @param setting kernel_cache_dir as the user gave it, null if unset
   */
  public static KernelCache open(@Nullable String setting) {
    return open(setting, KernelCache::environment, new DiskFiles());
  }

  static KernelCache open(
      @Nullable String setting, Function<String, @Nullable String> environment, StoreFiles files) {
    CacheActivity activity = new CacheActivity();
    CacheFolders.Choice choice = new CacheFolders(environment, files, activity).choose(setting);
    KernelStore store =
        choice.folder() == null
            ? new MemoryStore()
            : new DirectoryStore(
                files,
                choice.folder(),
                choice.lifetime(),
                StoreLimits.DEFAULT,
                activity,
                System::currentTimeMillis);
    return new KernelCache(store, activity, choice.why());
  }

  /** The image of a key; built, and kept for the next process, if it is not there. */
  byte[] get(KernelKey key, Supplier<byte[]> build) {
    Optional<byte[]> found = store.load(key);
    if (found.isPresent()) {
      activity.hit();
      return found.get();
    }
    return building.share(key, () -> store.exclusively(key, () -> loadOrBuild(key, build)));
  }

  /**
   * The image of a key, handed to a loader. If that refuses it although it is whole, for example
   * because the driver changed under an equal version, it is built once more; a second refusal
   * stands.
   *
   * @throws ImageRefusedException the first refusal, with the second one suppressed in it
   */
  <H> H load(KernelKey key, Supplier<byte[]> build, ImageLoader<H> loader)
      throws ImageRefusedException {
    byte[] image = get(key, build);
    try {
      return loader.load(image);
    } catch (ImageRefusedException first) {
      byte[] again =
          rebuilding.share(
              key, () -> store.exclusively(key, () -> buildUnlessReplaced(key, build, image)));
      try {
        return loader.load(again);
      } catch (ImageRefusedException second) {
        store.evict(key);
        first.addSuppressed(second);
        throw first;
      }
    }
  }

  public CacheCounts counts() {
    return activity.counts();
  }

  /** What is stored; reads all of it. */
  public StoreContents inspect() {
    return store.inspect();
  }

  /** Where images are kept and why there, in one phrase. */
  public String location() {
    return location;
  }

  @Override
  public void close() {
    store.close();
  }

  private static @Nullable String environment(String name) {
    return name.equals("user.home") ? System.getProperty(name) : System.getenv(name);
  }

  /** Another process may have built it while this one waited for the lock. */
  private byte[] loadOrBuild(KernelKey key, Supplier<byte[]> build) {
    Optional<byte[]> found = store.load(key);
    if (found.isPresent()) {
      activity.hit();
      return found.get();
    }
    activity.missed();
    return build(key, build);
  }

  private byte[] buildUnlessReplaced(KernelKey key, Supplier<byte[]> build, byte[] refused) {
    Optional<byte[]> found = store.load(key);
    if (found.isPresent() && !Arrays.equals(found.get(), refused)) {
      return found.get();
    }
    store.evict(key);
    return build(key, build);
  }

  private byte[] build(KernelKey key, Supplier<byte[]> build) {
    activity.built();
    byte[] image = build.get();
    store.save(key, image);
    return image;
  }
}
