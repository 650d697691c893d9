// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.util.Optional;
import java.util.function.Supplier;

/** Keeps images as long as this process lives, and writes nothing anywhere. */
final class MemoryStore implements KernelStore {

  private final OnceMap<KernelKey, byte[]> images = new OnceMap<>();

  @Override
  public Optional<byte[]> load(KernelKey key) {
    return images.peek(key);
  }

  @Override
  public void save(KernelKey key, byte[] image) {
    images.put(key, image);
  }

  @Override
  public void evict(KernelKey key) {
    images.remove(key);
  }

  /** No other process sees this store, and within one the cache itself sees to it. */
  @Override
  public <T> T exclusively(KernelKey key, Supplier<T> body) {
    return body.get();
  }

  @Override
  public StoreContents inspect() {
    long bytes = images.values().stream().mapToLong(image -> image.length).sum();
    return new StoreContents(images.values().size(), bytes, 0, 0);
  }

  @Override
  public void close() {
    images.removeAll(key -> true);
  }
}
